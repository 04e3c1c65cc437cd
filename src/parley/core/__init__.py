"""The trusted part: what is said, how it is sealed, and how the record is kept and checked."""
