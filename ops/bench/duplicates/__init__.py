"""How well likely duplicates are found, on pairs whose truth is known."""
