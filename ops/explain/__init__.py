"""Where is a record, why is it there, and what is to be typed next? In plain English."""
