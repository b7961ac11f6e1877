"""Reads the operator's secret keys: from the settings, from a file, or made at the first start of a trial."""

import base64
import binascii
import os
import re
from dataclasses import dataclass
from pathlib import Path

from idp import vault

WEAK_BYTES = 32


@dataclass(frozen=True)
class Secrets:
    """Secret keys, the current one first, each `id:base64 of at least 32 random bytes`; or a file of such lines."""

    keys: tuple[str, ...] = ()
    file: str = ""


def parse(lines: tuple[str, ...]) -> tuple[tuple[str, bytes], ...]:
    """`id:base64` lines as (id, bytes); raises ValueError with a plain reason."""
    parsed = []
    for line in lines:
        key_id, _, body = line.partition(":")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id):
            raise ValueError("write each key as id:base64, the id of letters, digits, - and _")
        try:
            raw = base64.b64decode(body, validate=True)
        except binascii.Error:
            raise ValueError(f'the key "{key_id}" is not base64') from None
        if len(raw) < WEAK_BYTES or len(set(raw)) < 16:
            raise ValueError(f'the key "{key_id}" is weak; make one with: idp key secret')
        parsed.append((key_id, raw))
    if len(dict(parsed)) != len(parsed):
        raise ValueError("two keys have the same id")
    return tuple(parsed)


def read(secrets: Secrets, loopback: bool, base: Path, create: bool) -> tuple[tuple[str, bytes], ...]:
    """The operator's secret keys. A trial on loopback without any gets a file var/secrets.txt when `create`.

    Raises ValueError with a plain reason when they are missing or weak.
    """
    if secrets.keys and secrets.file:
        raise ValueError("write either keys or file, not both")
    if secrets.keys:
        return parse(secrets.keys)
    if not secrets.file and not loopback:
        raise ValueError("no secret key is set; make one with: idp key secret")
    file = base / (secrets.file or "var/secrets.txt")
    if not file.exists() and not secrets.file:
        if not create:
            return ()
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(vault.new_secret("first") + "\n")
        except FileExistsError:
            pass  # another process was first
    try:
        lines = tuple(line.strip() for line in file.read_text().splitlines() if line.strip() and line[0] != "#")
    except OSError as error:
        raise ValueError(f"the file of secret keys cannot be read: {error}") from None
    if not lines:
        raise ValueError(f"{file} holds no key; make one with: idp key secret")
    return parse(lines)
