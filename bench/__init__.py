"""Measurements of two real stations on this machine; `make bench` runs them all."""
