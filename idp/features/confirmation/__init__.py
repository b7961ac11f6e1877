"""The end of a registration: its link, the password once more, and straight on."""
