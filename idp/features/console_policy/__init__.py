"""The policy in sentences, and what a change of it would do; nothing is put in force from here."""
