"""Measuring MeshLine: side by side with others, on the same machine, in the same run."""
