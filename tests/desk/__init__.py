"""The support desk: who is found, who calls, what is done, and who approves it."""
