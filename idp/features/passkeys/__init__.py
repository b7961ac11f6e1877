"""The member's passkeys: made, named, removed, and offered."""
