"""What the entries of a record come to: messages, their files, what waits before its turn."""
