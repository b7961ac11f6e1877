"""What is asked for, and whether anybody is asked, stands in the policy."""

from pathlib import Path
from typing import Iterator

import pytest

from tests import running, services
from tests.contractor.files import contract
from tests.registration.applicant import DETAILS, PASSWORD, VERIFY, Applicant, import_contracts, said
from tests.running import Browser, Form, Idp, form_of
from tests.settings.member import errors, title

PROOF = '["kanji_name|corporate_name", "birth_date", "isp_mail|customer_number"]'
ROUTES = ("", "/details", "/confirm", "/sent", "/pending", "/exists", "/finish", "/done", "/open/" + "x" * 43)


def serve(folder: Path, policy: dict) -> Iterator[Idp]:
    """`idp serve` on the embedded stores with this policy."""
    installed = running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), policy=policy)
    with running.serving(installed):
        yield installed


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """An operator whose members get a letter."""
    yield from serve(tmp_path_factory.mktemp("closed"), {"registration": {"mode": '"off"'}})


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """An operator who asks for other facts, asks twice for the password, and wants a code beside it."""
    policy = {"registration": {"proof": PROOF}, "password": {"ask_twice": "true"}, "second_factor": {"mode": '"required"'}}
    yield from serve(tmp_path_factory.mktemp("other"), policy)


def test_where_members_do_not_register_themselves_there_is_no_page(closed: Idp) -> None:
    browser = Browser(closed)
    page = browser.authorize(closed.client())
    assert "/register" not in page.text
    token = form_of(page).fields["csrf"]
    for path in ROUTES:
        assert browser.go(VERIFY + path).status_code == 404, path
        assert browser.submit(Form(closed.issuer + VERIFY + path, "post", {}), csrf=token).status_code == 404, path


@pytest.fixture(scope="module")
def rows(other: Idp) -> list[dict[str, str]]:
    """Contracts of persons, and of a company."""
    company = {"type": "corporate", "kanji_name": "㈱甲賀電機", "kana_name": "ｶ)ｺｳｶﾃﾞﾝｷ", "birth_date": ""}
    found = [contract(1, birth_date="S33.4.1"), contract(2, birth_date="1989-01-07"), contract(3, **company)]
    import_contracts(other, found)
    return found


def test_other_facts_are_asked_for_and_one_of_two_is_enough(other: Idp, rows: list[dict[str, str]]) -> None:
    hanako = Applicant(other, rows[0])
    page = hanako.begin()
    names = [name for name in form_of(page).fields if name not in ("csrf", "j")]
    assert names == ["kanji_name", "corporate_name", "birth_year", "birth_month", "birth_day", "isp_mail", "customer_number"]
    found = errors(hanako.send(page))
    assert found.count("どれか1つを入力してください") == 2 and "生年月日を正しく" in found
    born = {"birth_year": "昭和33", "birth_month": "4", "birth_day": "1"}
    page = hanako.send(page, kanji_name="高橋花子1", **{**born, "birth_year": "33"}, isp_mail="m1@example.jp")
    assert "生年月日を正しく" in errors(page) and form_of(page).fields["birth_year"] == "33"
    page = hanako.send(page, kanji_name="高橋花子1", **{**born, "birth_day": "2"}, isp_mail="m1@example.jp")
    assert "3つの項目" in errors(page)
    page = hanako.send(page, kanji_name="高橋 花子1", **born, isp_mail="M1@example.jp")
    assert title(page) == "ログインに使う情報の入力"
    assert "似たパスワード" in errors(hanako.details(page, new_password="Ab19580401", new_password_again="Ab19580401"))


def test_facts_that_are_given_beside_the_one_that_is_enough_must_be_right_too(other: Idp, rows: list[dict[str, str]]) -> None:
    taro = Applicant(other, rows[1])
    born = {"kanji_name": "高橋花子2", "birth_year": "昭和64", "birth_month": "1", "birth_day": "7"}
    page = taro.send(taro.begin(), **born, isp_mail="m2@example.jp", customer_number="1")
    assert "一致しませんでした" in errors(page)
    assert title(taro.send(page, **born, isp_mail="", customer_number="2")) == "ログインに使う情報の入力"


def test_the_password_is_asked_twice_and_the_new_address_gets_the_code_at_once(other: Idp, rows: list[dict[str, str]]) -> None:
    hanako = Applicant(other, rows[0])
    born = {"birth_year": "1958", "birth_month": "04", "birth_day": "01"}
    page = hanako.send(hanako.begin(other.client()), kanji_name="髙橋花子1", **born, customer_number=rows[0]["customer_number"])
    attribute = 'passwordrules="minlength: 8; maxlength: 128; required: upper; required: lower; required: digit;'
    assert page.text.count(attribute) == page.text.count('autocomplete="new-password"') == 2
    empty, once = "新しいパスワードを入力", "同じパスワードをもう一度入力"
    for typed, again, said_of_it in (("", "", empty), ("", "x", empty), (PASSWORD, "", once), ("abc", "x", "8文字以上")):
        found = errors(hanako.details(page, new_password=typed, new_password_again=again))
        assert said_of_it in found and "同じではありません" not in found
    assert "2つのパスワードが同じではありません" in errors(hanako.details(page, new_password_again="Kx7mQ2vnSumira"))
    page = hanako.details(hanako.browser.go(f"{DETAILS}?j={form_of(page).fields['j']}"), new_password_again="Kx7mQ2vnSumire")
    assert title(hanako.send(page)) == "メールをご確認ください"
    page = hanako.send(hanako.finish(hanako.open()))
    assert "one-time-code" in page.text and "…" in said(page)
    answer = hanako.send(page, **{form_of(page).named("one-time-code"): other.wait_for_code(hanako.mail)})
    assert "portal.example/callback?code=" in answer.headers["Location"]
