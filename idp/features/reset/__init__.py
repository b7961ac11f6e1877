"""Set a new password after a link or a code of recovery."""
