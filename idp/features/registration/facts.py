"""The facts that the policy asks for: how they are typed, and which of them cannot be right whatever the records hold."""

from typing import Mapping

from idp.domain.contract import fact_keys
from idp.domain.policy import Registration

# a fact by the name of its texts
TEXTS = {
    "customer_number": "no",
    "phone": "tel",
    "kana_name": "kana",
    "kanji_name": "kanji",
    "corporate_name": "corp",
    "birth_date": "birth",
    "isp_mail": "mail",
}
BIRTH = ("birth_year", "birth_month", "birth_day")


def groups(rule: Registration) -> list[tuple[str, ...]]:
    """The facts in the policy's order; of those in one group one is enough."""
    return [tuple(fact.split("|")) for fact in rule.proof]


def typed(rule: Registration, form: Mapping[str, str]) -> dict[str, str]:
    """The fields that the policy asks for, as typed; empty where nothing was."""
    asked = [name for group in groups(rule) for fact in group for name in (BIRTH if fact == "birth_date" else (fact,))]
    return {name: form.get(name, "") for name in asked}


def given(rule: Registration, form: Mapping[str, str]) -> dict[str, str]:
    """The facts that were typed, by name; a birth date is one text (see `domain.contract.fact_keys`)."""
    found = {}
    for fact in (fact for group in groups(rule) for fact in group):
        parts = [form.get(name, "") for name in (BIRTH if fact == "birth_date" else (fact,))]
        if any(part.strip() for part in parts):
            found[fact] = "-".join(part.strip() for part in parts)
    return found


def group_id(group: tuple[str, ...]) -> str:
    """The id of a group on the page: the fact's own, or one for several."""
    return group[0] if len(group) == 1 else "either_" + group[0]


def wrong(rule: Registration, facts: Mapping[str, str]) -> list[tuple[str, str]]:
    """What cannot be right, as (id on the page, key of the sentence): a fact that is missing or has not its own form."""
    found = []
    for group in groups(rule):
        if len(group) > 1 and not set(group) & set(facts):
            found.append((group_id(group), "reg.s1.err.either"))
        for fact in group:
            missing = len(group) == 1 and fact not in facts
            if missing or (fact in facts and not fact_keys(fact, facts[fact])):
                odd = fact == "isp_mail" and not missing  # there is something, which is no address
                found.append((fact, "elogin.err.format" if odd else f"reg.s1.err.{TEXTS[fact]}"))
    return found


def words(facts: Mapping[str, str]) -> dict[str, object]:
    """The facts as the words of the person that no password may be made of (see `domain.password.personal_words`)."""
    birth = fact_keys("birth_date", facts["birth_date"])[0].partition(":")[2] if "birth_date" in facts else ""
    mail = [facts["isp_mail"]] if "isp_mail" in facts else []
    return {
        "names": [facts[name] for name in ("kana_name", "kanji_name", "corporate_name") if name in facts],
        "birth_date": birth,
        "phones": [facts["phone"]] if "phone" in facts else [],
        "customer_number": facts.get("customer_number", ""),
        "emails": mail,
    }
