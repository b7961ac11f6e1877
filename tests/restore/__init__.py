"""Backup and restore: what was used after the backup is not good again."""
