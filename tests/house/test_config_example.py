"""config.example.toml names every key with its default and a comment, and the service starts with it."""

import dataclasses
import re
import typing
from pathlib import Path

import pytest

from idp import config, toml_reader
from idp.config import Settings
from tests.house.tree import TOP

TEXT = (TOP / "config.example.toml").read_text(encoding="utf-8")


def _keys(cls: type, table: str = "") -> list[tuple[str, str]]:
    """(table, key) of every setting."""
    rows: list[tuple[str, str]] = []
    hints = typing.get_type_hints(cls)
    for item in dataclasses.fields(cls):
        name = item.metadata.get("key", item.name)
        if dataclasses.is_dataclass(hints[item.name]):
            rows += _keys(typing.cast(type, hints[item.name]), f"{table}.{name}".strip("."))
        else:
            rows.append((table, name))
    return rows


def _commented(text: str) -> list[tuple[str, str]]:
    """(table, key) of every line that sets a key right below a comment of its own."""
    table, before, rows = "", "", []
    for line in text.splitlines():
        if head := re.fullmatch(r"\[([a-z_.]+)\]", line):
            table = head[1]
        elif (key := re.match(r"([a-z_]+) = ", line)) and before.startswith("# "):
            rows.append((table, key[1]))
        before = line
    return rows


def test_every_key_stands_in_it_once_with_a_comment() -> None:
    assert sorted(_commented(TEXT)) == sorted(_keys(Settings))


@pytest.mark.parametrize("line", [line for line in TEXT.splitlines() if re.match(r"[a-z_]+ = ", line)])
def test_a_missing_key_is_found(line: str) -> None:
    assert sorted(_commented(TEXT.replace(line + "\n", "", 1))) != sorted(_keys(Settings))


def test_it_holds_the_defaults() -> None:
    assert toml_reader.read(Settings, TEXT, "config.example.toml") == Settings()


def test_it_loads(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(TEXT, encoding="utf-8")
    settings, base = config.load(str(tmp_path / "config.toml"))
    assert (settings.issuer, base) == ("http://localhost:8000", tmp_path)
