"""Everything that the service holds about a member, for the member."""
