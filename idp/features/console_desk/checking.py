"""What a caller says of the contract, as facts that can be compared. The agent types it blind: nothing of it stands on the page."""

from typing import Mapping

from idp.domain import folding
from idp.domain.account import Account
from idp.domain.contract import fact_keys
from idp.domain.masks import inert

Form = Mapping[str, str]


LONGEST = 60


def caller(form: Form) -> tuple[str, list[tuple[str, str]]]:
    """The name of whoever calls for the member, made inert, empty for the member; and what is wrong with it (flows.md 2.12: name
    and relation are recorded)."""
    if form["relation"] == "self":
        return "", []
    name = inert(" ".join(form["caller"].split()))
    return name, [] if 0 < len(name) <= LONGEST else [("caller", "con.check.err.caller")]


def facts(account: Account, form: Form) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The customer number, a name, and a birth date or the registered phone, by the name of the fact; and what is wrong with the
    form: (field, key of the sentence). Whether anything is true is not looked at here."""
    wrong: list[tuple[str, str]] = []
    found: dict[str, str] = {}
    name_kind = "kana_name" if folding.script(form["name"]) == "kana" else "kanji_name"
    if account.contract_type == "corporate" and name_kind == "kanji_name":
        name_kind = "corporate_name"
    asked = (("number", "customer_number"), ("name", name_kind), ("born", "birth_date"), ("phone", "phone"))
    for field, fact in asked:
        typed = form[field].strip()
        if not typed and field in ("born", "phone"):
            continue
        if fact_keys(fact, typed):
            found[fact] = typed
        else:
            wrong.append((field, f"con.check.err.{field}"))
    if not form["born"].strip() and not form["phone"].strip():
        wrong.append(("born", "con.check.err.third"))
    return found, wrong
