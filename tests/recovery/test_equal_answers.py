"""Whatever is true: the same page, status and headers, and a letter only where everything agrees (requirements RC-01 to RC-05)."""

import re
import time

import pytest
import requests

from idp.domain.account import Account, Destination
from idp.features.recovery.answering import destination
from idp.web.pages import clock_time
from tests.recovery.conftest import People
from tests.recovery.person import FORM, Person, errors, title
from tests.running import Browser, Idp, form_of
from tests.settings.member import rows, settled

WRONG = {
    "the family name": {"family_name": "川田"},
    "the given name": {"given_name": "花子"},
    "the birth date": {"birth_day": "2"},
    "the address": {"isp_mail": "k1@hikari.example"},
    "the number instead of the address": {"isp_mail": "", "customer_number": "42"},
}


def shape(page: requests.Response) -> tuple[int, list[tuple[str, str]], str]:
    """A page without what differs from browser to browser, from second to second and from minute to minute."""
    text = re.sub(r'name="csrf" value="[^"]+"|[A-Za-z0-9_-]{43}|n=[a-z0-9]{26}|\d{1,2}時\d\d分', "", page.text)
    kept = [(name, value) for name, value in page.headers.items() if name not in ("Date", "Content-Length", "Set-Cookie", "X-Request-Id")]
    return page.status_code, sorted(kept), text


@pytest.fixture(scope="module")
def good(people: People) -> dict[tuple[str, str], tuple]:
    """What the last page looks like after a full match, by kind and destination."""
    someone = people.next().join()
    return {(kind, dest): shape(someone.ask(kind, dest)) for kind in ("id", "pw") for dest in ("mail", "sms")}


@pytest.mark.parametrize("what", WRONG)
def test_one_wrong_fact_looks_like_a_match_and_sends_nothing(idp: Idp, person: Person, good: dict, what: str) -> None:
    person.join()
    assert shape(person.ask("pw", "mail", **WRONG[what])) == good["pw", "mail"]
    person.browser = Browser(idp)
    person.ask("id", "mail")  # a right one afterwards, so that there is something to wait for
    assert person.results() == ["ok"]
    (mail,) = idp.wait_for_mails(person.mail, 1)
    assert "ログインID" in str(mail["Subject"])


def test_a_code_by_sms_is_good_until_a_time_that_counts_from_the_request_whoever_asks(people: People) -> None:
    for someone in (people.next().join(), people.next().join(phone=False), people.next()):
        before = int(time.time())
        page = someone.ask("pw", "sms")
        ends = [clock_time("ja", second + 600) for second in range(before, int(time.time()) + 1)]
        (said,) = re.findall(r"このコードは (\d+時\d+分) まで使えます", page.text)
        assert said in ends and "ふつうは1分以内に届きます" in page.text and "15分たっても" not in page.text and "5〜10分" not in page.text
        assert said in someone.browser.go(page.url).text, "a reload gives no time"
    page = people.next().ask("pw", "mail")
    assert "まで使えます" not in page.text and "5〜10分" in page.text and "15分たっても" in page.text


def test_a_person_is_not_found_as_a_company_nor_the_reverse(idp: Idp, person: Person, company: Person, good: dict) -> None:
    person.join(), company.join()
    page = person.ask("id", "mail", type="corporate", corporate_name="山田 花子" + person.contract.letters)
    assert shape(page) == good["id", "mail"]
    page = company.ask("id", "mail", type="individual", family_name="甲賀" + company.contract.letters, birth_year="1958",
                       birth_month="4", birth_day="1")  # fmt: skip
    assert shape(page) == good["id", "mail"]
    company.browser = Browser(idp)
    company.ask("id", "mail")
    assert len(idp.wait_for_mails(company.mail, 1)) == 1 and company.results() == ["ok"]
    assert idp.mails(person.mail) == []


def test_whoever_has_no_account_or_no_such_destination_sees_the_same(idp: Idp, people: People, good: dict) -> None:
    stranger = people.next()
    assert shape(stranger.ask("id", "mail")) == good["id", "mail"]
    no_phone, unproven, isp = people.next().join(phone=False), people.next().join("--unverified"), people.next().join(mail=False)
    assert shape(no_phone.ask("pw", "sms")) == good["pw", "sms"]
    assert shape(unproven.ask("pw", "mail")) == good["pw", "mail"]
    isp.ask("id", "isp")
    unproven.browser = Browser(idp)
    unproven.ask("pw", "isp")
    assert [no_phone.results(), unproven.results(2), isp.results()] == [["no_destination"], ["no_destination"] * 2, ["no_destination"]]
    assert not idp.mails(unproven.mail) and not idp.mails(unproven.contract.mail) and not idp.mails(isp.contract.mail)


@pytest.mark.parametrize("dest", ["isp", "mail"])
@pytest.mark.parametrize("kept_as", ["the operator's mailbox", "any mailbox"])
def test_the_only_proven_mailbox_gets_the_answer_whichever_kind_of_mail_was_chosen(
    idp: Idp, people: People, good: dict, dest: str, kept_as: str
) -> None:
    own = people.next()
    own.join(*(("--mailbox", own.mail) if kept_as == "the operator's mailbox" else ()))
    assert shape(own.ask("id", dest)) == good["id", "mail"]
    assert own.results() == ["ok"] and len(idp.wait_for_mails(own.mail, 1)) == 1
    assert own.name in idp.mails(own.mail)[0].get_content() and not idp.mails(own.contract.mail)


@pytest.mark.parametrize("usual", ["own", "home", "phone", ""])
def test_of_several_proven_places_the_one_of_the_chosen_kind_gets_the_answer(usual: str) -> None:
    addresses = {"phone": "+819012345678", "home": "x@home.example", "own": "x@hikari.example"}
    places = tuple(Destination(name, "a", "sms" if name == "phone" else "email", to, 1, name == usual) for name, to in addresses.items())
    account = Account("a", "hanako.01", "hanako.01", "", mailbox="x@hikari.example", destinations=places)
    assert [destination(account, kind) for kind in ("sms", "mail", "isp")] == list(places)


@pytest.mark.parametrize("state", ["lock", "close"])
def test_a_suspended_or_closed_account_gets_nothing(idp: Idp, person: Person, good: dict, state: str) -> None:
    person.join()
    idp.within("account", state, person.name)
    assert shape(person.ask("pw", "mail")) == good["pw", "mail"]
    person.ask_by_name()
    settled(idp)
    assert not [mail for mail in idp.mails(person.mail) if "削除" not in mail["Subject"]] and "ok" not in [row["result"] for row in person.requests()]


def test_a_name_that_nobody_has_looks_like_one_that_somebody_has(idp: Idp, person: Person, good: dict) -> None:
    assert shape(person.ask_by_name(name="nobody-has-this")) == good["pw", "mail"]
    assert shape(person.ask_by_name("sms", name="nobody-has-this")) == good["pw", "sms"]


def test_the_limit_of_a_contract_is_silent_and_holds_for_the_right_facts_too(idp: Idp, person: Person, good: dict) -> None:
    person.join()
    for day in range(2, 8):
        person.browser = Browser(idp)
        assert shape(person.ask("id", "mail", birth_day=str(day))) == good["id", "mail"]
    person.browser = Browser(idp)
    assert shape(person.ask("id", "mail")) == good["id", "mail"]
    settled(idp)
    assert idp.mails(person.mail) == [] and person.requests() == []


def test_too_many_letters_look_like_one_more_and_leave_the_newest_link_good(idp: Idp, person: Person, good: dict) -> None:
    person.join()
    for count in range(5):
        assert shape(person.ask("pw")) == good["pw", "mail"]
        person.results(count + 1)
    assert shape(person.ask("pw")) == good["pw", "mail"]
    assert person.results(6) == ["ok"] * 5 + ["limited"]
    assert title(person.browser.go(person.link(5))) == "新しいパスワードの設定"


def test_letters_of_recovery_use_up_no_codes_of_a_sign_in(idp: Idp, person: Person, portal: dict) -> None:
    person.join("--second-factor", "email")
    for count in range(5):
        person.ask_by_name()
        person.results(count + 1)
    page = person.browser.sign_in(person.browser.authorize(portal), person.name)
    assert "one-time-code" in page.text and not errors(page)
    assert idp.wait_for_code(person.mail)


def test_fields_that_the_form_has_not_change_nothing(idp: Idp, person: Person, good: dict) -> None:
    person.join()
    extra = {"email": "evil@evil.example", "email[]": "evil@evil.example", "to": "evil@evil.example", "phone[0]": "090",
             "account": "x", "destination": "evil@evil.example", "contract_type": "corporate"}  # fmt: skip
    page = person.send(person.fill("id", "mail", **extra), **extra)
    assert shape(page) == good["id", "mail"] and person.results() == ["ok"]
    assert len(idp.wait_for_mails(person.mail, 1)) == 1 and idp.mails("evil@evil.example") == []


@pytest.mark.parametrize("changes", [{"dest": "evil@evil.example"}, {"dest": "fax"}, {"kind": "both"}, {"type": "staff"}, {"by": "phone"}])
def test_other_kinds_than_ours_are_refused(idp: Idp, person: Person, changes: dict[str, str]) -> None:
    answer = person.browser.submit(person.open("pw"), **{"by": "facts", "dest": "mail", **person.facts, **changes})
    assert answer.status_code == 400 and not errors(answer)


def test_every_kind_of_destination_is_always_offered_and_none_is_ever_shown(idp: Idp, person: Person) -> None:
    person.join(mail=False)
    page = person.browser.go(f"{FORM}?kind=pw")
    assert [f'value="{dest}"' in page.text for dest in ("isp", "mail", "sms")] == [True] * 3
    done = person.ask("pw", "sms")
    told = re.sub(r"<[^>]*>|0120-000-000", "", done.text)
    assert person.number[-4:] not in told and person.number[-8:] not in done.text and "****" not in done.text


def test_what_is_missing_is_said_before_anything_is_sent(idp: Idp, person: Person) -> None:
    form = person.open()
    page = person.browser.submit(form, type="individual", birth_year="33")
    said = errors(page)
    for sentence in ("ご契約者名を", "昭和33", "メールアドレスを入力", "送り先を選んで"):
        assert sentence in said, sentence
    page = person.browser.submit(form_of(page), birth_year="昭和33", birth_month="2", birth_day="30")
    assert "生年月日を正しく" in errors(page) and 'value="昭和33"' in page.text
    assert "内容を選んで" in errors(person.browser.submit(person.open("", FORM), **person.facts, dest="mail", by="facts"))
    assert "ログインIDを入力" in errors(person.browser.submit(person.open("pw"), by="login_id", dest="mail"))


def test_staff_without_an_app_get_nothing(idp: Idp, person: Person) -> None:
    person.join("--role", "desk")
    person.ask_by_name()
    assert person.results() == ["staff"] and idp.mails(person.mail) == []


def test_the_record_names_nobody(idp: Idp, person: Person) -> None:
    person.join()
    person.ask("id")
    person.results()
    row = {name: value for name, value in person.requests()[0].items() if name not in ("id", "at")}
    assert not re.search("山田|花子|1958|hikari|home.example", str(row)) and '"name": "kanji"' in row["detail"]
    sealed = rows(idp, "SELECT facts FROM outbox WHERE channel = 'request' AND outcome <> 'queued' AND facts IS NOT NULL")
    assert sealed == [], "what was typed is wiped once it was worked on"
