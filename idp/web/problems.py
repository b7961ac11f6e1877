"""What is wrong with something that staff wrote, in the language of the page."""

from markupsafe import Markup

from idp.domain.masks import inert
from idp.domain.problem import Problem
from idp.web.house import House

_LONGEST = 300  # characters of what was written


def said(house: House, problem: Problem) -> Markup:
    """The sentence, with what it is about before it if it says that. What somebody wrote is inert in it."""
    locale, values = house.pages.locale(), {name: inert(value[:_LONGEST]) for name, value in problem.values.items()}
    sentence = house.pages.text(locale, f"con.problem.{problem.code}", values)
    of = house.pages.text(locale, "con.problem.of", {"of": inert(problem.of[:_LONGEST])}) if problem.of else ""
    return Markup("").join((of, sentence))


def placed(house: House, problem: Problem, key: str, line: int | None = None) -> Markup:
    """The same with the place of what it is about: its name, and the line of a file."""
    locale, sentence = house.pages.locale(), said(house, problem)
    if not key:
        return sentence
    where = house.pages.text(locale, "con.problem.at", {"line": line, "key": key[:_LONGEST]}) if line else house.pages.text(locale, "con.problem.at_key", {"key": key[:_LONGEST]})
    return Markup("").join((where, sentence))
