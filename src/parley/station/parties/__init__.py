"""Who stands for a party: introduced, agreed with, replaced, and a line begun anew."""
