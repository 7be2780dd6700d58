"""`meshline audit run`: mixed records of all flows go through the real parts, and a witness compares the two systems.

drive    what people do in both systems, one row per flow      witness    reads both systems and compares; shares no
run      workers, people, patience, the verdict                           code with the line (a test holds that)
"""
