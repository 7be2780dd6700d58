"""What people decide about dead letters: an index of letters, a case per letter and per group of like letters."""
