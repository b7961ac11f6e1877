"""Writes one file per message into a folder, for trials and tests: complete or not there at all, named by time."""

import os
import re
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from idp.ports import Unavailable


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def drop(folder: Path, at: float, key: str, suffix: str, content: bytes) -> str:
    """Write the file and return its name; names sort by `at` (Unix seconds). Raises `Unavailable`."""
    stamp = datetime.fromtimestamp(at, timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    name = f"{stamp}-{re.sub('[^A-Za-z0-9_-]', '_', key)[:64]}{suffix}"
    hidden = folder / f".{name}.part"
    try:
        _prepare(folder)
        with open(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
        os.replace(hidden, folder / name)
    except OSError as error:
        raise Unavailable(f"folder: {error.strerror}") from error
    return name


def ping(folder: Path) -> None:
    """Return if files can be written there; raises `Unavailable`."""
    try:
        _prepare(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Unavailable(f"folder: {error.strerror}") from error
