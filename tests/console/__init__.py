"""The console: who gets in, and what each role can do there."""
