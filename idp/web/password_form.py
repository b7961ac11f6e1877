"""What every page with a new password needs: the rule list of the policy, and the verdicts beside their fields."""

from typing import Any, Iterable

from idp.domain import password as rules
from idp.domain.policy import PasswordRule
from idp.web import steps


def live_rules(rule: PasswordRule) -> list[tuple[str, dict[str, object], str]]:
    """The rule list of the policy as (code, values, pattern); the pattern lets the page tick a line while typing."""
    patterns = {f"password.{kind}": pattern for kind, pattern in rules.KINDS}
    found = []
    for code, values in rules.rules(rule):
        length = f"^.{{{values.get('min')},{values.get('max', values.get('min'))}}}$"
        lengths = ("password.length", "password.exact", "password.alternative")
        found.append((code, values, length if code in lengths else patterns.get(code, "")))
    return found


def asked(rule: PasswordRule) -> dict[str, Any]:
    """What a page has to be given for the fields of a new password (`new_password` in fields.html)."""
    return {"rules": live_rules(rule), "ask_twice": rule.ask_twice, "generator": rules.generator_rules(rule)}


def errors(rule: PasswordRule, verdicts: Iterable[str]) -> list[dict[str, Any]]:
    """Verdict codes as sentences beside the fields `new_password` and `new_password_again`."""
    values = rules.parameters(rule)
    return [steps.error(_field_of(code), f"verdict.{code}", **values) for code in verdicts]


def _field_of(code: str) -> str:
    return "new_password_again" if code in ("password.mismatch", "password.again") else "new_password"
