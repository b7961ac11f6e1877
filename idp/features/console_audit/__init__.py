"""The audit record in the console: looked through, exported, proven."""
