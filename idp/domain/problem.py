"""What is wrong with something that an operator wrote, as a sentence of the protocol that knows which sentence it is: machines
and the shell get the English one (RFC 7591 section 3.2.2), a page says it in its own language."""

import re
from typing import Any, Mapping


class Problem(str):
    """An English sentence without its full stop. `code` names it, `values` are what it names itself, `of` is what was
    written, if there may be several of its kind."""

    code: str
    values: Mapping[str, str]
    of: str

    def __new__(cls, code: str, english: str, of: Any = None, **values: Any) -> "Problem":
        """`english` has a place in braces for each of the `values`."""
        said = {name: str(value) for name, value in values.items()}
        return cls._made(code, re.sub(r"\{(\w+)\}", lambda found: said.get(found[1], found[0]), english), said, of)

    @classmethod
    def _made(cls, code: str, sentence: str, values: Mapping[str, str], of: Any) -> "Problem":
        self = super().__new__(cls, sentence if of is None else f"{of!r}: {sentence}"[:300])
        self.code, self.values, self.of = code, values, "" if of is None else str(of)
        return self

    def about(self, of: Any) -> "Problem":
        """The same, of what was written."""
        return self._made(self.code, str(self), self.values, of)

    def format(self, *_: Any, **__: Any) -> "Problem":  # type: ignore[override]
        """Itself: it is complete. Marshmallow would fill in what its validators were made with."""
        return self


# what marshmallow says by itself
LIBRARY = (
    ("text", r"Not a valid string"),
    ("number", r"Not a valid integer"),
    ("list", r"Not a valid list"),
    ("table", r"Not a valid mapping type|Invalid input type"),
    ("null", r"Field may not be null"),
    ("one_of", r"Must be one of: (?P<choices>.*)"),
    ("between", r"(?:Length must be between|Must be greater than or equal to) (?P<low>\d+) and (?:less than or equal to )?(?P<high>\d+)"),
    ("at_least", r"(?:Must be greater than or equal to|Shorter than minimum length) (?P<low>\d+)"),
    ("at_most", r"(?:Must be less than or equal to|Longer than maximum length) (?P<high>\d+)"),
    ("pattern", r"String does not match expected pattern"),
    ("missing", r"Missing data for required field"),
    ("unknown", r"Unknown field"),
)


def known(sentence: str) -> Problem | None:
    """The sentence as a problem: its own, or one of those that marshmallow has; None if nobody knows it."""
    if isinstance(sentence, Problem):
        return sentence
    for code, pattern in LIBRARY:
        if found := re.fullmatch(pattern, sentence.rstrip("."), re.DOTALL):
            return Problem._made(code, sentence.rstrip("."), found.groupdict(), None)
    return None
