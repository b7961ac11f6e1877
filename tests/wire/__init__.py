"""Bytes on the wire that no browser sends, against gunicorn by itself and behind nginx as printed."""
