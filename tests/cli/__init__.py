"""The operator's shell, as an operator without patience uses it."""
