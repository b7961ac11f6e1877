"""What a member lets other services see, taken back (requirement RV-02), and the texts agreed to (AC-05)."""

import requests

from tests.running import CALLBACK, Browser, Idp, answer_of, exchange, form_of
from tests.services import race
from tests.settings.member import Member, rows, title

CONSENTS, AGREEMENTS = "/account/consents", "/account/agreements"
GIVEN = "SELECT client_id FROM consents WHERE account_id = :a"


def third(idp: Idp, name: str) -> dict:
    """Somebody else's service."""
    return idp.client(client_name=name, first_party=False)


def agree(member: Member, client: dict, browser: Browser | None = None) -> str:
    """Let the client see the address; the code that it gets."""
    browser = browser or member.browser
    page = browser.authorize(client, scope="openid email")
    if "current-password" in page.text:
        page = browser.sign_in(page, member.name)
    if not page.is_redirect:
        page = browser.submit(form_of(page), answer="yes")
    return answer_of(page)["code"]


def told(idp: Idp, token: str) -> int:
    """The status of the answer to this access token."""
    return requests.get(f"{idp.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code


def withdraw(member: Member, client: dict) -> requests.Response:
    """Press the client's button."""
    return member.send(member.at(CONSENTS), withdraw=client["client_id"])


def test_what_is_taken_back_ends_tokens_and_codes_of_that_client_only(idp: Idp) -> None:
    member, other = Member(idp), Member(idp)
    points, coupons = third(idp, "ポイント<b>"), third(idp, "クーポン")
    assert "ありません" in member.at("/account").text and "同意したサービスはありません" in member.at(CONSENTS).text
    tokens = {}
    for name, who, client in (("mine", member, points), ("coupons", member, coupons), ("theirs", other, points)):
        tokens[name] = exchange(idp, client, agree(who, client)).json()["access_token"]
    unspent = agree(member, points)
    page = member.at(CONSENTS)
    assert "ポイント&lt;b&gt;" in page.text and "クーポン" in page.text and "メールアドレス" in page.text and "同意した日：20" in page.text
    assert "2件" in member.at("/account").text and [told(idp, token) for token in tokens.values()] == [200, 200, 200]
    page = withdraw(member, points)
    assert "情報を渡すのをやめました" in page.text and "ポイント" not in page.text and "クーポン" in page.text
    assert [told(idp, token) for token in tokens.values()] == [401, 200, 200]
    refused = exchange(idp, points, unspent)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert rows(idp, GIVEN, a=member.subject) == [(coupons["client_id"],)]
    assert "情報を渡すことをやめました" in member.at("/account/history").text
    row = next(one for one in idp.audit("consent_withdrawn") if one["account_id"] == member.subject)
    assert row["client_id"] == points["client_id"]


def test_who_agrees_anew_begins_anew(idp: Idp) -> None:
    member, points = Member(idp), third(idp, "ポイント")
    old = exchange(idp, points, agree(member, points)).json()["access_token"]
    withdraw(member, points)
    # tokens die by the second: let the withdrawal be a little ago, and the old token older
    rows(idp, "UPDATE revoked_grants SET until = until - 2")
    asked = member.browser.authorize(points, scope="openid email")
    assert "情報を渡します" in asked.text, "the member is asked again"
    new = exchange(idp, points, agree(member, points)).json()["access_token"]
    assert told(idp, new) == 200
    rows(idp, "UPDATE revoked_grants SET until = until + 2")
    assert told(idp, old) == 401
    withdraw(member, points)
    assert told(idp, new) == 401, "the second withdrawal counts as the first did"


def test_nothing_of_others_and_nothing_unknown_is_taken_back(idp: Idp) -> None:
    member, other, points = Member(idp), Member(idp), third(idp, "ポイント")
    token = exchange(idp, points, agree(other, points)).json()["access_token"]
    agree(member, third(idp, "クーポン"))
    for client_id in (points["client_id"], "nobody", "", "あ" * 200, "' OR 1=1 --"):
        page = withdraw(member, {"client_id": client_id})
        assert page.status_code == 200 and page.url.endswith(CONSENTS) and "やめました" not in page.text
    assert withdraw(member, {"client_id": "x" * 256}).status_code == 400
    assert told(idp, token) == 200 and len(rows(idp, GIVEN, a=member.subject)) == 1


def test_with_a_service_goes_what_was_given_to_it(idp: Idp) -> None:
    member, points = Member(idp), third(idp, "ポイント")
    agree(member, points)
    assert points["client_id"] in member.at(CONSENTS).text
    idp.within("client", "remove", points["client_id"])
    assert points["client_id"] not in member.at(CONSENTS).text and not rows(idp, GIVEN, a=member.subject)


def test_of_sixteen_at_once_one_takes_it_back(idp: Idp) -> None:
    member, points = Member(idp), third(idp, "ポイント")
    token = exchange(idp, points, agree(member, points)).json()["access_token"]
    form, cookies = form_of(member.at(CONSENTS)), dict(member.browser.cookies)

    def send() -> bool:
        browser = Browser(idp)
        browser.cookies.update(cookies)
        page = browser.submit(form, withdraw=points["client_id"])
        assert page.status_code == 200
        return "やめました" in page.text

    assert race(16, send).count(True) == 1 and told(idp, token) == 401
    assert rows(idp, "SELECT COUNT(*) FROM audit WHERE event = 'consent_withdrawn' AND account_id = :a", a=member.subject) == [(1,)]


def test_the_agreements_tell_which_text_which_version_and_when(idp: Idp) -> None:
    member = Member(idp)
    page = member.at(AGREEMENTS)
    assert title(page) == "同意の記録" and "同意の記録はありません" in page.text
    member.switch_on()
    version, at = rows(idp, "SELECT version, at FROM agreements WHERE account_id = :a", a=member.subject)[0]
    page = member.at(AGREEMENTS)
    assert "個人情報の取扱いについて" in page.text and version[:12] in page.text and version not in page.text and "同意した日時：20" in page.text
    assert at > 0 and version[:12] not in Member(idp).at(AGREEMENTS).text


def test_pages_are_for_members_only(idp: Idp) -> None:
    for path in (CONSENTS, AGREEMENTS, "/account/language", "/account/email-sign-in"):
        page = Browser(idp).go(path)
        assert "current-password" in page.text and CALLBACK not in page.url
