"""What portals tell of mailboxes and contracts: authenticated, each event taken once (RFC 8417, RFC 8935)."""
