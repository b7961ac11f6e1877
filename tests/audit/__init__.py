"""The audit record: sealed, proven, purged, exported."""
