"""Forms of messages: what a filled form says as text, and what can be read back out of the text."""
