"""The command line: every verb of a station, and the offline checks that need none."""
