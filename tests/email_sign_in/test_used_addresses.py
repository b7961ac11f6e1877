"""Nobody finds out who signs in with an address, and of many who prove one at once one gets it."""

import re

import pytest
import requests

from idp.domain.device import Caller
from idp.features.email_sign_in import flow
from idp.services import members
from tests.running import Browser, Idp, answer_of, new_name
from tests.services import race
from tests.settings.member import Member, errors, inside, rows, title

STATUS = "/account/email-sign-in"
ADDRESS, CODE = f"{STATUS}/address", f"{STATUS}/code"


@pytest.fixture
def owner(idp: Idp) -> Member:
    """A member who signs in with an address."""
    member = Member(idp)
    rows(idp, "UPDATE accounts SET email_login = :m, email_login_key = :m WHERE id = :a", m=member.mail, a=member.subject)
    return member


@pytest.fixture
def stranger(idp: Idp) -> Member:
    """Somebody else, signed in."""
    member = Member(idp)
    member.at("/account")
    return member


def likeness(answer: requests.Response, address: str) -> tuple:
    """An answer without what differs each time: names of notes, drafts and requests, the address, the clock."""
    masked = f"{address[0]}****{address.partition('@')[0][-1]}@{address.partition('@')[2]}"
    text = re.sub(r'value="[^"]{20,}"|[0-9]{1,2}時[0-9]{1,2}分|\?n=\w+|datetime="[^"]*"|data-[a-z]+="[0-9]+"', "_", answer.text.replace(address, "@").replace(masked, "@"))
    gone = ("Date", "Set-Cookie", "Content-Length", "X-Request-Id")
    headers = {name: re.sub(r"n=\w+", "n=_", value) for name, value in answer.headers.items() if name not in gone}
    return answer.status_code, headers, text


def test_an_address_in_use_answers_as_a_free_one(idp: Idp, owner: Member) -> None:
    """Every step of the way, up to the limits."""
    seen = []
    for address in (owner.mail, f"{new_name()}@home.example"):
        member = Member(idp)
        form_page = member.at(ADDRESS)
        form = re.search(r'name="csrf" value="([^"]+)"', form_page.text)
        assert form
        sent = member.browser.post(f"{idp.issuer}{ADDRESS}", data={"csrf": form[1], "email": address}, allow_redirects=False)
        page = member.browser.go(CODE)
        steps = [sent, page, member.send(page, action="resend")]
        steps += [member.send(page, code="000000") for _ in range(6)]
        steps += [member.browser.go(CODE), member.browser.go(STATUS)]
        seen.append([likeness(step, address) for step in steps])
    assert seen[0] == seen[1]
    assert title(page) == "認証コードの入力"


def test_its_owner_is_told_and_no_code_goes_out(idp: Idp, owner: Member, stranger: Member) -> None:
    rows(idp, "UPDATE accounts SET locale = 'en' WHERE id = :a", a=owner.subject)
    stranger.send(stranger.at(ADDRESS), email=owner.mail.upper())
    mail = idp.wait_for_mails(owner.mail.upper(), 1)[0]
    text = mail.get_content()
    assert "The address is already used to log in" in text and not re.search(r"\b[0-9]{6}\b", text) and "http" not in text
    assert stranger.name not in text
    assert rows(idp, "SELECT account_id FROM outbox WHERE recipient = :m", m=owner.mail.upper()) == [(owner.subject,)]
    assert len(idp.mails(owner.mail.upper())) == 1


def test_the_limits_of_an_address_are_the_same_and_leave_its_owner_their_codes(idp: Idp, owner: Member) -> None:
    def limited(address: str) -> list[bool]:
        found = []
        for _ in range(6):
            member = Member(idp)
            page = member.send(member.at(ADDRESS), email=address)
            found.append("送れる回数の上限" in errors(page))
        return found

    assert limited(owner.mail) == limited(f"{new_name()}@home.example") == [False] * 5 + [True]
    assert rows(idp, "SELECT 1 FROM destinations WHERE account_id = :a", a=owner.subject) == []
    owner.switch_on()  # the address gets the codes of its owner all the same


def test_an_address_that_is_a_login_id_is_nobody_elses(idp: Idp, portal: dict, stranger: Member) -> None:
    """Such an ID cannot be made any more; where one is found all the same, it goes on signing its own account in."""
    other = Member(idp)
    address = other.mail
    rows(idp, "UPDATE accounts SET login_id = :m, login_id_key = :m WHERE id = :a", m=address, a=other.subject)
    page = stranger.send(stranger.at(ADDRESS), email=address)
    assert title(page) == "認証コードの入力" and "すでにログインに使われている" in idp.wait_for_mails(address, 1)[0].get_content()
    browser = Browser(idp)
    assert answer_of(browser.sign_in(browser.authorize(portal), address))["code"]
    assert rows(idp, "SELECT email_login FROM accounts WHERE id = :a", a=stranger.subject) == [(None,)]


def test_who_is_second_is_told_in_words(idp: Idp) -> None:
    address, one, two = f"{new_name()}@home.example", Member(idp), Member(idp)
    pages, codes = [], []
    for member in (one, two):
        pages.append(member.send(member.at(ADDRESS), email=address))
        codes.append(idp.wait_for_code(address, len(codes) + 1))
    assert "でログインできます" in one.send(pages[0], code=codes[0]).text
    page = two.send(pages[1], code=codes[1])
    assert "このメールアドレスは登録できません" in errors(page) and page.url.startswith(idp.issuer + ADDRESS)
    assert rows(idp, "SELECT id FROM accounts WHERE email_login_key = :m", m=address) == [(one.subject,)]


def test_of_sixteen_members_who_prove_one_address_one_gets_it(idp: Idp) -> None:
    address, mine = f"{new_name()}@home.example", [Member(idp).subject for _ in range(16)]
    with inside(idp) as deps:
        found = [members.find(deps, subject, with_destinations=True) for subject in mine]
        for account in found:
            assert account
            draft = flow.Draft(account.id, address, address, account.epoch, proven=True)
            flow.keep(deps, account.id, draft)
        todo = iter(found)
        results = race(16, lambda: flow.save(deps, account, account.id, Caller("")) if (account := next(todo)) else None)
    assert sorted(map(str, results)) == ["on"] + ["used"] * 15
    assert len(rows(idp, "SELECT id FROM accounts WHERE email_login_key = :m", m=address)) == 1
    made = "SELECT account_id FROM audit WHERE event = 'email_sign_in_changed'"
    assert len({row for row in rows(idp, made)} & {(subject,) for subject in mine}) == 1


def test_of_sixteen_saves_of_one_member_one_counts(idp: Idp) -> None:
    member = Member(idp)
    with inside(idp) as deps:
        account = members.find(deps, member.subject, with_destinations=True)
        assert account
        flow.keep(deps, "owner", flow.Draft("d", member.mail, member.mail, account.epoch, proven=True))
        assert sorted(race(16, lambda: flow.save(deps, account, "owner", Caller("")))) == ["lost"] * 15 + ["on"]
        on = members.find(deps, member.subject, with_destinations=True)
        assert on and sorted(race(16, lambda: flow.switch_off(deps, on, Caller("")))) == [False] * 15 + [True]
        for _ in range(2):  # an account that has been changed meanwhile, and a code that never came
            flow.keep(deps, "owner", flow.Draft("d", member.mail, member.mail, account.epoch - 1, proven=True))
            assert flow.save(deps, account, "owner", Caller("")) == "lost"
            flow.keep(deps, "owner", flow.Draft("d", member.mail, member.mail, account.epoch))
            assert flow.save(deps, account, "owner", Caller("")) == "lost"
