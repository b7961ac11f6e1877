"""Sentences about what an operator wrote: the codes that code names, each with the values that it gives."""

import ast
import re

from idp.domain import problem
from tests.house.tree import TOP, files

NAMES = ("Problem", "Sentence")
PLACES = ("at", "at_key", "of")  # what stands before a sentence


def made() -> dict[str, set[str]]:
    """The names of the values that each code is given, by code."""
    found: dict[str, set[str]] = {code: set(re.findall(r"\?P<(\w+)>", pattern)) for code, pattern in problem.LIBRARY}
    for path in files():
        if re.fullmatch(r"idp/.*\.py", path):
            for call in ast.walk(ast.parse((TOP / path).read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in NAMES and call.args:
                    code = call.args[0]
                    if isinstance(code, ast.Constant) and isinstance(code.value, str) and len(call.args) > 1:
                        names = {one.arg for one in call.keywords if one.arg}
                        found.setdefault(code.value, set()).update(names or (_SHOWN if call.keywords else set()))
    return found


_SHOWN = {"low", "high", "other"}  # given by `**shown`


def computed() -> set[str]:
    """Their keys."""
    return {f"con.problem.{code}" for code in (*made(), *PLACES)}
