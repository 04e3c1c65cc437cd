"""One line as a station works it: its state, its paths, what was agreed and declared."""
