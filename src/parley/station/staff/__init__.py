"""Who works at a station: persons, desks, and how each is known at the console."""
