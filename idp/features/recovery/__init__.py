"""Ask for a forgotten login ID, or for a new password: one form, one answer for everybody."""
