"""The contract register in the console: files brought, their columns named, tried, applied and taken back."""
