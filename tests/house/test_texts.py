"""Every sentence that code or templates name exists in every language, every one that exists is used, and none blames the member."""

import ast
import importlib
import itertools
import pkgutil
import re
from dataclasses import replace
from string import Formatter
from typing import Iterator, get_args

import pytest
from jinja2 import Environment, nodes

import idp.domain
from idp import texts
from idp.domain import client, identifiers, mailboxes, password
from idp.domain.device import BROWSERS, SYSTEMS
from idp.domain.policy import Blocklist, Kind, LoginIdRule, PassphraseRule, PasswordRule
from idp.features.account import flow as account
from idp.features.agreements import flow as agreements
from idp.features.own_data import views as own_data
from idp.services import letters
from idp.web import fresh
from tests.house import console_audit_keys, console_desk_keys, console_keys, console_sending_keys, problem_keys
from tests.house.tree import TOP, files

# filled in for every page and letter
HOUSE = {"brand", "operator", "tel", "dial", "hours", "mail_domain", "host"}
OPERATOR = ("policy.", "nickname.words")  # for the operator's eyes, or no sentence at all
BANNED = ("無効な", "不正", "失敗", "エラーが発生", "トークン", "セッション", "クレデンシャル", "クライアント")
# the second factor is on or off in these words, and a sign-in by somebody else has no other name
ALLOWED = re.compile("不正ログイン|無効に|：無効|無効にする|Two-factor|two-factor")
FORBIDDEN = {
    "ja": [re.compile(word) for word in (*BANNED, "無効", "至急", "緊急", "今すぐ(?!設定する)", "安全です", "[０-９]", "ください[^。」（！]*ください")],
    "en": [re.compile(word, re.IGNORECASE) for word in (r"\binvalid\b", r"\billegal\b", "an error occurred", r"\btokens?\b", r"\bcredentials?\b", "urgent(?!,)", "immediately")],
}


def allowed(text: str) -> str:
    """The text without what may be said."""
    return ALLOWED.sub("", text)


# calls whose text argument is a key
SPEAKERS = {"PageError": 1, "steps.error": 1, "error_page": 2, "texts.text": 1, "text": 1, "pages.text": 1, "house.pages.text": 1}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Our code, the demo's apart, which has texts of its own."""
    for path in files():
        if re.fullmatch(r"idp/(?!demo/).*\.py", path):
            yield path, ast.parse((TOP / path).read_text(encoding="utf-8"))


def template_calls() -> Iterator[tuple[str, nodes.Expr, set[str]]]:
    """(template, first argument, names of the values) of every t(…)."""
    for path in files():
        if re.fullmatch(r"idp/templates/.*\.html", path):
            for call in Environment().parse((TOP / path).read_text(encoding="utf-8")).find_all(nodes.Call):
                if isinstance(call.node, nodes.Name) and call.node.name == "t":
                    yield path, call.args[0], {one.key for one in call.kwargs} | ({"*"} if call.dyn_kwargs else set())


def placeholders(text: str) -> set[str]:
    """Names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def literals() -> set[str]:
    """Every whole string in the code."""
    return {node.value for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def rule_codes() -> set[str]:
    """Every code that the rule list of some policy may hold."""
    found: set[str] = set()
    kinds, charsets = get_args(Kind), ("alphanumeric", "ascii", "any")
    for charset, require, least, most in itertools.product(charsets, ((), kinds), (0, 2), (8, 16)):
        rule = PasswordRule(min=8, max=most, require=require, min_kinds=least, charset=charset, alternative=PassphraseRule(enabled=True))
        found |= {code for code, _ in password.rules(replace(rule, blocklist=Blocklist()))}
    for symbols in ("", "._-", identifiers.ALL_SYMBOLS):
        found |= set(identifiers.login_id_rules(LoginIdRule(symbols=symbols)))
    return found


def verdict_codes() -> set[str]:
    """Every verdict of the domain, and those that flows add."""
    modules = [importlib.import_module(f"idp.domain.{one.name}") for one in pkgutil.iter_modules(idp.domain.__path__)]
    domain = {code for module in modules for code in getattr(module, "VERDICTS", ())}
    return domain | {text for text in literals() if f"verdict.{text}" in texts.catalog("ja") and text.startswith("password.")}


def letter_keys() -> set[str]:
    """Keys of the letters that flows write, and of what is said in them by code."""
    codes = literals() | set(SYSTEMS) | set(BROWSERS)
    said = {f"letter.{name}.{code}" for name in letters.CODES for code in codes if f"letter.{name}.{code}" in texts.catalog("ja")}
    subjects = {text for text in literals() if re.fullmatch(r"(mail|sms)\.[a-z_.]+", text)}
    ends = {text for text in literals() if re.fullmatch(r"notice\.[a-z_]+|otp|test|trial|desk\.code", text)}
    templates = subjects | {f"{channel}.{end}" for channel in ("mail", "sms") for end in ends}
    return said | templates | {f"{template}.{part}" for template in templates for part in ("subject", "body")}


def computed() -> set[str]:
    """Keys that are put together, from what they are put together of."""
    results = ("suspended", "letter_expired")
    return {
        *(f"verdict.{code}" for code in verdict_codes()),
        *(f"rule.{code}" for code in rule_codes()),
        *(f"consent.scope.{scope}" for scope in client.SCOPES),
        *(f"common.lang.{locale}" for locale in texts.LOCALES),
        *(f"footer.{name}" for name in ("privacy", "accessibility", "terms")),
        *(f"login.err.{result}" for result in results),
        *(f"mfa.{part}.{kind}" for part in ("sent", "delay", "send") for kind in ("sms", "mail")),
        *(f"mfa.way.{kind}" for kind in ("sms", "email", "app", "printed", "passkey")),
        *(f"mfa.op.{name}" for name in (*client.OPERATIONS, *fresh.OPERATIONS.values())),
        *(f"mfa.mailbox.{name}" for name in (*mailboxes.PROVIDERS, mailboxes.OTHER, "own")),
        *(f"mfa.place.{kind}" for kind in ("mail", "sms", "phone")),
        *(f"mfa.help.{name}" for name in mailboxes.HELP.values()),
        *(f"agreed.kind.{kind}" for kind in agreements.KINDS),
        *(f"passkey.done.{what}" for what in ("added", "named", "removed")),
        *(f"elogin.done.{what}" for what in ("on", "changed", "off")),
        *(f"acct.done.{what}" for what in ("id", "nickname", "password", "language")),
        *(f"acct.hist.{event}.{result}" for event, results in account.EVENTS.items() for result in results),
        *(f"acct.data.claim.{claim}" for claim in own_data.CLAIMS),
        *(f"acct.data.gender.{gender}" for gender in own_data.GENDERS),
        *(f"acct.data.count.{kind}" for kind in ("agreements", "audit", "outbox", "sessions", "trusted_browsers")),
        *(f"rec.dest.{kind}" for kind in ("isp", "mail", "sms")),
        *(f"rec.kind.{kind}" for kind in ("id", "pw")),
        *(f"tfa.done.{what}" for what in ("on", "off", "changed", "app")),
        *(f"reg.s1.{name}.{part}" for name in ("kana", "kanji", "corp") for part in ("label", "hint")),
        *(f"reg.s1.err.{name}" for name in ("no", "tel", "kana", "kanji", "corp", "birth", "mail")),
        *(f"reg.s1.birth.{part}" for part in ("year", "month", "day")),
        *console_audit_keys.computed(),
        *console_desk_keys.computed(),
        *console_keys.computed(),
        *console_sending_keys.computed(),
        *problem_keys.computed(),
        *letter_keys(),
    }


def named() -> Iterator[tuple[str, str]]:
    """(where, key) of every key that is written out where a text is wanted."""
    for path, first, _ in template_calls():
        if isinstance(first, nodes.Const):
            yield path, first.value
    for path, tree in sources():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            position = SPEAKERS.get(ast.unparse(call.func))
            if position is not None and len(call.args) > position:
                first_argument = call.args[position]
                if isinstance(first_argument, ast.Constant) and isinstance(first_argument.value, str):
                    yield f"{path}:{call.lineno}", first_argument.value


def test_the_languages_say_the_same_things() -> None:
    for locale in texts.LOCALES:
        assert set(texts.catalog(locale)) == set(texts.catalog("ja")), locale


def test_no_key_stands_in_two_files() -> None:
    for locale in texts.LOCALES:
        keys = [key for part in texts.PARTS for key in re.findall(r'(?m)^"([^"]+)" *=', (TOP / f"idp/texts/{locale}/{part}.toml").read_text())]
        twice = {key for key in keys if keys.count(key) > 1}
        assert not twice, locale


def test_every_key_that_is_named_exists() -> None:
    wanted = list(named())
    assert len(wanted) > 60
    assert not [(where, key) for where, key in wanted if key not in texts.catalog("ja")]


def test_every_key_that_is_put_together_exists() -> None:
    optional = {key for key in letter_keys() if key not in texts.catalog("ja")}  # a mail has two parts, an SMS one
    assert not sorted(computed() - optional - set(texts.catalog("ja")))


def test_every_text_is_used() -> None:
    used = {key for _, key in named()} | literals() | computed()
    # the policy in sentences proves itself: tests/policies/test_policy_explain.py
    assert not sorted(key for key in texts.catalog("ja") if key not in used and not key.startswith("policy."))


@pytest.mark.parametrize("locale", texts.LOCALES)
def test_every_placeholder_is_the_same_in_every_language_and_filled_by_its_page(locale: str) -> None:
    catalog = texts.catalog(locale)
    assert not [key for key, text in catalog.items() if placeholders(text) != placeholders(texts.catalog("ja")[key])]
    for path, first, given in template_calls():
        if isinstance(first, nodes.Const) and "*" not in given:
            assert placeholders(catalog[first.value]) - HOUSE == given, f"{path}: {first.value}"


def test_a_sentence_about_what_somebody_wrote_says_what_it_is_given() -> None:
    codes = problem_keys.made()
    assert len(codes) > 60
    for locale in texts.LOCALES:
        assert not {code for code, names in codes.items() if not placeholders(texts.catalog(locale)[f"con.problem.{code}"]) <= names}


def test_no_text_blames_the_member_or_speaks_of_machinery() -> None:
    mine = {key: text for key, text in texts.catalog("ja").items() if not key.startswith(OPERATOR)}
    assert not {key: word for key, text in mine.items() for word in BANNED if word in text.replace("不正ログイン", "")}


def plain_texts(locale: str) -> dict[str, str]:
    """What members read, letters and the gentle mode's sentences included; the console has words of its own."""
    gentle = {f"gentle:{key}": text for key, text in texts.gentle(locale)[1].items()}
    return {key: text for key, text in (texts.catalog(locale) | gentle).items() if not key.startswith((*OPERATOR, "con.", "console."))}


@pytest.mark.parametrize("locale", texts.LOCALES)
def test_no_text_says_what_the_interface_forbids(locale: str) -> None:
    """interface.md, interaction rules 3, 11, 14 and 15, and japan.md: no blame, no machinery, no hurry, no promise of safety,
    one request in a sentence, digits of half width."""
    found = {(key, rule.pattern) for key, text in plain_texts(locale).items() for rule in FORBIDDEN[locale] if rule.search(allowed(text))}
    assert not found


@pytest.mark.parametrize("locale, text", [("ja", "入力してください、確認してください。"), ("ja", "設定が無効です。"), ("ja", "至急ご連絡を"), ("ja", "６桁"), ("en", "Invalid code.")])
def test_what_is_forbidden_would_be_found(locale: str, text: str) -> None:
    assert any(rule.search(allowed(text)) for rule in FORBIDDEN[locale])


def test_the_gentle_mode_reads_words_that_there_are_and_says_what_the_page_says() -> None:
    said = "".join(texts.catalog("ja").values())
    words, _ = texts.gentle("ja")
    assert not [word for word, reading in words.items() if word not in said or not re.fullmatch("[ぁ-ん]+", reading)]
    for locale in texts.LOCALES:
        for key, text in texts.gentle(locale)[1].items():
            assert placeholders(text) - HOUSE == placeholders(texts.catalog(locale)[key]) - HOUSE, key


def test_templates_hold_no_sentence_of_their_own() -> None:
    for path in files():
        if re.fullmatch(r"idp/templates/.*\.html", path):
            text = re.sub(r"\{[{%#].*?[}%#]\}|<!--.*?-->|<script.*?</script>", " ", (TOP / path).read_text(encoding="utf-8"), flags=re.S)
            words = re.sub(r"<[^>]*>|[a-z-]+=\"[^\"]*\"", " ", text)
            assert not re.search(r"[^\W\d_]{2,}", words), f"{path}: {words.split()}"


@pytest.mark.parametrize("key", ["login.title", "common.busy", "verdict.password.min"])
def test_a_missing_or_unused_text_would_be_found(key: str) -> None:
    used = {found for _, found in named()} | literals() | computed()
    assert key in used and key + ".zz" not in used


def test_a_banned_word_would_be_found() -> None:
    assert [word for word in BANNED if word in "無効なユーザー名です。"] == ["無効な"]
