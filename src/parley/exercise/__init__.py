"""Worlds of two stations for exercises, replays and proofs."""
