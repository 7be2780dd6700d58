"""Does a preview say what then happens? Mixed letters, previewed, then sent through the same code for real."""
