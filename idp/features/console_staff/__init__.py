"""The staff in the console: who they are and what they may do; and the page that an invitation leads to."""
