"""The policy in sentences: every key is said, and every verdict and rule has its text in every language."""

import dataclasses
from pathlib import Path
from typing import Any, Iterator

import pytest

from idp.domain import identifiers, password
from idp.policy_file import load
from idp.services.policy_explain import explain
from idp.texts import LOCALES, text

SHIPPED = ("exact-eight", "standard", "two-kinds")


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for item in dataclasses.fields(value):
        inner = getattr(value, item.name)
        if dataclasses.is_dataclass(inner):
            yield from leaves(inner, (*path, item.name))
        else:
            yield (*path, item.name), inner


def replaced(value: Any, path: tuple[str, ...], new: Any) -> Any:
    inner = new if len(path) == 1 else replaced(getattr(value, path[0]), path[1:], new)
    return dataclasses.replace(value, **{path[0]: inner})


def other(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, str) and path[-1] != "version":
        choices = {"charset": ("any", "alphanumeric"), "mode": ("off", "self" if path[0] == "registration" else "required"), "sms_reset": ("link", "both"), "passkeys": ("off", "allowed")}
        return next(one for one in choices.get(path[-1], (value + "!",)) if one != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value + "!"
    return value[1:] if value else ("digit",)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_and_switch_is_explained(tmp_path: Path, name: str, locale: str) -> None:
    read = load(name, tmp_path)
    said = explain(read, locale)
    assert all(said) and not any("{" in line.replace("{ | }", "") for line in said)
    for path, value in leaves(read):
        assert explain(replaced(read, path, other(value, path)), locale) != said, path


def test_the_policy_screen_says_the_rule_in_one_sentence(tmp_path: Path) -> None:
    said = explain(load("standard", tmp_path), "ja")
    assert "新しいパスワードは8文字以上、128文字まで。" in said
    assert "パスワードは英大文字・英小文字・数字をすべて含みます。" in said


@pytest.mark.parametrize("locale", LOCALES)
def test_every_verdict_and_rule_has_a_text_that_its_parameters_fill(tmp_path: Path, locale: str) -> None:
    for name in SHIPPED:
        read = load(name, tmp_path)
        for code in password.VERDICTS:
            assert text(locale, f"verdict.{code}").format(**password.parameters(read.password))
        for code, values in password.rules(read.password):
            assert text(locale, f"rule.{code}").format(**values)
        known = identifiers.login_id_parameters(read.login_id)
        for code in identifiers.VERDICTS:
            assert text(locale, f"verdict.{code}").format(**known)
        for code in identifiers.login_id_rules(read.login_id):
            assert text(locale, f"rule.{code}").format(**known)
