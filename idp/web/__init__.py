"""HTTP plumbing: dispatcher, session, doors, csrf, pages, errors, headers."""
