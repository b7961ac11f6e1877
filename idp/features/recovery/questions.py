"""What the form asks to find a contract, as the policy's proof says, and how the answers become facts (portals P-23 to P-25)."""

from dataclasses import dataclass
from datetime import date
from typing import Mapping

from idp.domain import era
from idp.domain.contract import fact_keys
from idp.domain.policy import Recovery

# fields of a fact that is not one box of its own name; and where its error stands
FIELDS = {"kanji_name": ("family_name", "given_name"), "birth_date": ("birth_year", "birth_month", "birth_day")}
_PLACE = {"kanji_name": "family_name"}
FIRST_YEAR = 1868  # its first days belong to no era that we know
_WRONG = {
    "kanji_name": "rec.err.name",
    "corporate_name": "reg.s1.err.corp",
    "kana_name": "rec.err.name",
    "birth_date": "rec.err.birth",
    "isp_mail": "rec.err.mail",
    "customer_number": "rec.err.number",
    "phone": "rec.err.phone",
}


@dataclass(frozen=True)
class Question:
    """One fact on the form: who is asked it ("individual", "corporate" or "both"), and which facts may stand in for it."""

    fact: str
    who: str
    others: tuple["Question", ...] = ()


def questions(rule: Recovery) -> tuple[Question, ...]:
    """Every fact that some contract is proven by, once: what only one kind of contract is asked comes first."""
    proofs = {"individual": rule.individual, "corporate": rule.corporate}
    asked = {who: {fact for one in proof for fact in one.split("|")} for who, proof in proofs.items()}
    specs = [one.split("|") for proof in proofs.values() for one in proof]
    heads = dict.fromkeys(spec[0] for spec in specs)

    def who(fact: str) -> str:
        found = [name for name, facts in asked.items() if fact in facts]
        return "both" if len(found) > 1 else found[0]

    def others(head: str) -> tuple[Question, ...]:
        behind = dict.fromkeys(fact for spec in specs if spec[0] == head for fact in spec[1:] if fact not in heads)
        return tuple(Question(fact, who(fact)) for fact in behind)

    placed: set[str] = set()
    found = []
    for head in heads:  # a fact that could stand in for two others is drawn behind the first of them
        more = tuple(one for one in others(head) if one.fact not in placed)
        placed |= {one.fact for one in more}
        found.append(Question(head, who(head), more))
    return tuple(sorted(found, key=lambda one: one.who == "both"))


def typed(fact: str, form: Mapping[str, str]) -> str:
    """What the form holds of a fact, as one text; empty if nothing."""
    boxes = [form[name].strip() for name in FIELDS.get(fact, (fact,))]
    if fact == "birth_date":
        return "-".join(boxes) if any(boxes) else ""
    return " ".join(filter(None, boxes))


def facts(rule: Recovery, contract_type: str, form: Mapping[str, str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The facts that prove a contract of this type, by name, and what is wrong with them: (field, key of the sentence)."""
    found: dict[str, str] = {}
    wrong: list[tuple[str, str]] = []
    for spec in rule.corporate if contract_type == "corporate" else rule.individual:
        names = spec.split("|")
        fact = next((name for name in names if typed(name, form)), names[0])
        value = _value(fact, form)
        if value is None or not fact_keys(fact, value):
            wrong.append((_PLACE.get(fact, fact), _sentence(fact, form)))
        else:
            found[fact] = value
    return found, wrong


def _value(fact: str, form: Mapping[str, str]) -> str | None:
    if fact != "birth_date":
        return typed(fact, form)
    day = birth_day(form)
    return day.isoformat() if day else None


def birth_day(form: Mapping[str, str]) -> date | None:
    """The date in the three boxes; None if there is no such day, or none in living memory."""
    day = era.birth_date(form["birth_year"], form["birth_month"], form["birth_day"])
    return day if day and day.year > FIRST_YEAR else None


def _sentence(fact: str, form: Mapping[str, str]) -> str:
    if fact == "isp_mail" and typed(fact, form):  # there is something, which is no address
        return "elogin.err.format"
    return "rec.err.era" if fact == "birth_date" and era.era_missing(form["birth_year"]) else _WRONG[fact]
