"""The package list equals the tree, the top holds what it may hold, and nothing committed names a place of its making."""

import configparser
import re
from pathlib import PurePosixPath

import pytest

from tests.house.tree import TOP, files

TOP_LEVEL = frozenset(
    """.ci .gitignore CHANGELOG.md LICENSE MANIFEST.in Makefile README.ja.md README.md config.example.toml idp policies pyproject.toml setup.cfg
    tests""".split()
)
# in two pieces each, so that this file passes too
ELSEWHERE = tuple(
    re.compile(first + second)
    for first, second in [
        (r"(?<![\w.:/-])/(root|home|Users|work", r"|mnt|workspace|builds)/"),
        (r"/tmp/", r"venv"),
        (r"\bfar", r"m-[a-z]"),
        (r"\bregis", r"try\.[a-z]+js|deb\.deb" r"ian\.org|\bpy" r"pi\.(org|python)|python" r"hosted|proxy\.gol" r"ang"),
    ]
)


def _options() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(TOP / "setup.cfg")
    return config


def _package(path: str) -> tuple[str, str]:
    """(package, path inside it) of a file; policies/ lies in the wheel as idp.policies."""
    packages = {name.replace(".", "/"): name for name in _options()["options"]["packages"].split()} | {"policies": "idp.policies"}
    folder = next((str(parent) for parent in PurePosixPath(path).parents if str(parent) in packages), "")
    return packages.get(folder, ""), path[len(folder) + 1 :]


def test_the_package_list_equals_the_tree() -> None:
    tree = {str(PurePosixPath(path).parent).replace("/", ".") for path in files() if re.fullmatch(r"idp/.*\.py", path)}
    assert set(_options()["options"]["packages"].split()) == tree | {"idp.policies"}


def test_every_data_file_is_in_the_wheel() -> None:
    patterns = {package: [p.strip() for p in row.split(",")] for package, row in _options()["options.package_data"].items()}
    missing = []
    for path in files():
        if path.startswith(("idp/", "policies/")) and not path.endswith(".py"):
            package, inside = _package(path)
            parts = len(PurePosixPath(inside).parts)
            fits = [p for p in patterns.get(package, ()) if len(PurePosixPath(p).parts) == parts and PurePosixPath(inside).match(p)]
            if not fits:
                missing.append(path)
    assert not missing, f"add to [options.package_data]: {missing}"


def test_every_data_pattern_finds_a_file() -> None:
    inside = {_package(path) for path in files()}
    idle = [
        (package, pattern.strip())
        for package, row in _options()["options.package_data"].items()
        for pattern in row.split(",")
        if not any(name == package and PurePosixPath(path).match(pattern.strip()) for name, path in inside)
    ]
    assert not idle


def test_nothing_else_at_the_top() -> None:
    assert {path.split("/")[0] for path in files()} <= TOP_LEVEL


def _elsewhere(text: str) -> list[str]:
    return [found[0] for pattern in ELSEWHERE for found in pattern.finditer(text)]


def test_no_file_names_the_machine_it_was_written_on() -> None:
    found = {path: hits for path in files() if (hits := _elsewhere((TOP / path).read_text(encoding="utf-8", errors="replace")))}
    assert not found


@pytest.mark.parametrize("text", ["see /wor" "k/shared", "/tm" "p/venv/bin", "/ho" "me/me/x", "run fa" "rm-land now", "https://regis" "try.npmjs.org"])
def test_a_name_from_elsewhere_is_found(text: str) -> None:
    assert _elsewhere(text)


@pytest.mark.parametrize("text", ["https://id.example.jp/home/", "the registry. javascript", "/usr/share/fonts", "network/mnt/"])
def test_ordinary_text_is_not(text: str) -> None:
    assert not _elsewhere(text)
