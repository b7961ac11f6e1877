"""Every text in both languages, as staff read and try them; what replaces ours stays in files."""
