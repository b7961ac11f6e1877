"""The sessions of a member that are alive, and their end (requirement RV-02)."""
