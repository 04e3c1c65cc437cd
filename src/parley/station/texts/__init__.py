"""Official texts, from a draft to the last office: written, attached, read, answered, found."""
