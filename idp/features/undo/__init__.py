"""Taking back a change of destinations, by the code that the old one was sent (requirement AC-02)."""
