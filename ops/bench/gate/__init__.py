"""How good and how fast the schema gate is: generated changes judged by real readers, and a race with the registry."""
