"""This was not me: everything ends, nothing can be changed for a day, and the desk is told."""
