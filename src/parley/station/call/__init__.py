"""Calls: asked for, held, recorded, and the minute that both sides agree on."""
