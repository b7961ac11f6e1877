"""Mixed load on whole installations while everything below them breaks, and a checker of what must hold."""
