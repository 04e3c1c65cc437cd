"""What a station has of its machine: a folder, settings, the clock, the programs it calls."""
