"""The paths by which frames travel between stations."""
