"""Models of the protocol that a program can go through state by state, and what runs them."""
