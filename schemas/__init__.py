"""What travels: topics, records, reasons, outcomes, and how they are written as bytes.

A leaf: imports nothing else of MeshLine's, does no I/O except in `registry` and in the gate's sources.
"""
