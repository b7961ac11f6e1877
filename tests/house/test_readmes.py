"""The two READMEs say the same: section by section, with the same commands, paths, keys and examples in both."""

import re

import pytest

from tests.house.tree import TOP

FENCED = re.compile(r"^ *```.*?^ *```$", re.M | re.S)


def read(name: str) -> str:
    return (TOP / name).read_text(encoding="utf-8")


def levels(text: str) -> list[int]:
    """How deep each heading is."""
    return [len(one) for one in re.findall(r"^(#+) ", FENCED.sub("", text), re.M)]


def sections(text: str) -> list[str]:
    """The text under each heading."""
    return re.split(r"^#+ .*$", FENCED.sub("", text), flags=re.M)[1:]


def code(text: str) -> set[str]:
    """What stands between backticks."""
    return {" ".join(one.split()) for one in re.findall(r"`([^`]+)`", text)}


def examples(text: str) -> list[list[str]]:
    """The lines of each example, without comments and the spaces before them; the last one is the map."""
    return [[re.sub(r"(^|\s+)# .*|\s+$", "", line) for line in one.split("\n")] for one in FENCED.findall(text)]


def places(text: str) -> set[str]:
    """What the map names: files, folders and rooms."""
    return set(re.findall(r"idp/[a-z_./]+|[a-z]+_[a-z_]+", FENCED.findall(text)[-1]))


ENGLISH, JAPANESE = read("README.md"), read("README.ja.md")
NAMES = re.findall(r"^#+ (.*)$", FENCED.sub("", ENGLISH), re.M)


def test_they_have_the_same_sections() -> None:
    assert levels(ENGLISH) == levels(JAPANESE) and len(NAMES) > 20


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_a_section_names_the_same_commands_paths_and_keys(number: int) -> None:
    english, japanese = code(sections(ENGLISH)[number]), code(sections(JAPANESE)[number])
    assert (sorted(english - japanese), sorted(japanese - english)) == ([], [])


def test_their_examples_are_the_same() -> None:
    found, wanted = examples(JAPANESE), examples(ENGLISH)
    assert len(found) == len(wanted)
    for one, other in zip(found[:-1], wanted):
        assert one == other


def test_their_maps_name_the_same_places() -> None:
    assert places(ENGLISH) == places(JAPANESE) and "idp/domain/" in places(ENGLISH)


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = read(name)
    headings = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.M)}
    for target in re.findall(r"\]\(([^)]+)\)", FENCED.sub("", text)):
        path, _, part = target.partition("#")
        assert not path or (TOP / path).exists(), target
        assert not part or path or part in headings, target
