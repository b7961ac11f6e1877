"""What a member has agreed to: what other services may see, and texts of the operator's."""
