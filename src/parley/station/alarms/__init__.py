"""What rings: messages that nobody acknowledged, and what was expected and did not come."""
