"""The signing keys in the console: which sign, which are next, and how they are changed."""
