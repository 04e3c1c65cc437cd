"""Parley: a direct line between two parties that do not trust each other.

Each party runs a station of its own. What is said is sealed from station to station, kept by both
in the same order, and can be proved afterwards by either. Read `parley.core` first: it is the part
that must be trusted, and it is small enough to be read in three afternoons.
"""

__version__ = "0.1.0.dev0"
