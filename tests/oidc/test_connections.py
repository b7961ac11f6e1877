"""What stays connected while the member is away: seen on the page of open sessions, and ended there (requirement RV-02)."""

import json
import re

import requests
from sqlalchemy import update

from idp.tables.schema import outbox, refresh_families
from tests import services
from tests.oidc import offline
from tests.oidc.installation import Installation
from tests.oidc.offline import begin, begin_by_consent, on_record
from tests.oidc.televisions import DONE, answered, begun, connected, poll, raise_epoch
from tests.oidc.test_token_endpoint import refusal
from tests.running import Browser, form_of
from tests.settings.member import title

PAGE = "/account/sessions"
TABLET = "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Safari/604.1"


def listed(page: requests.Response) -> list[tuple[str, str]]:
    """(id, what is said of it) of each connection."""
    items = re.findall(r"<li>\s*<h3(.*?)</li>", page.text, re.S)
    found = [re.search(r'name="disconnect" value="([^"]+)"', one) for one in items]
    return [(name[1], re.sub("<[^>]+>", " ", "<h3" + one)) for name, one in zip(found, items) if name]


def test_televisions_and_services_are_on_the_page(each: Installation) -> None:
    portal, tv = each.portals["offline"], each.portals["tv"]
    browser = each.browser(each.member())
    assert listed(browser.go(PAGE)) == []
    browser.headers["User-Agent"] = TABLET
    connected(each, tv, browser)
    begin(portal, browser)
    rows = dict(listed(browser.go(PAGE)))
    television, service = sorted(rows.values(), key=lambda one: "テレビなど" not in one)
    assert "Television" in television and "つないだ日時：" in television and "最後に使った日時：" in television and "127.0.0.1" in television
    assert "offline" in service and "テレビなど" not in service and "127.0.0.1" in service and len(rows) == 2


def test_one_is_ended_and_dead_at_once(each: Installation) -> None:
    tv, name = each.portals["tv"], each.member()
    browser = each.browser(name)
    first, second = connected(each, tv, browser), connected(each, tv, browser)
    page = browser.go(PAGE)
    claims = {tv.provider.verified(one["access_token"], ["ES256"], "at+jwt")["grant_id"]: one for one in (first, second)}
    assert {found for found, _ in listed(page)} == set(claims)
    gone, stays = sorted(claims)
    page = browser.submit(form_of(page), disconnect=gone)
    assert "接続をやめました" in page.text and [found for found, _ in listed(page)] == [stays]
    refusal(offline.refresh(tv, claims[gone]["refresh_token"]), "invalid_grant")
    assert tv.provider.userinfo(claims[gone]["access_token"]).status_code == 401
    assert offline.refresh(tv, claims[stays]["refresh_token"]).status_code == 200
    assert on_record(each, "connection_ended", name) == [("ok", tv.id)]
    assert "サービスやテレビの接続をやめました" in browser.go("/account/history").text


def test_a_service_is_ended_and_the_browser_stays_signed_in(each: Installation) -> None:
    third, browser = each.portals["offline-third"], each.browser(each.member())
    tokens = begin_by_consent(third, browser)
    page = browser.go(PAGE)
    browser.submit(form_of(page), disconnect=listed(page)[0][0])
    refusal(offline.refresh(third, tokens["refresh_token"]), "invalid_grant")
    assert "code" in third.reply(third.ask(browser))  # the consent stands, as it is a yes to more than one device


def test_another_members_connection_is_not_touched(each: Installation) -> None:
    tv, one, two = each.portals["tv"], each.browser(each.member()), each.browser(each.member())
    tokens = connected(each, tv, one)
    name = listed(one.go(PAGE))[0][0]
    for which in (name, "x", "x" * 64):
        assert "接続をやめました" not in two.submit(form_of(two.go(PAGE)), disconnect=which).text
    assert two.submit(form_of(two.go(PAGE)), disconnect="x" * 65).status_code == 400
    assert offline.refresh(tv, tokens["refresh_token"]).status_code == 200


def test_of_sixteen_at_once_one_ends_it(each: Installation) -> None:
    tv, name = each.portals["tv"], each.member()
    browser = each.browser(name)
    connected(each, tv, browser)
    page = browser.go(PAGE)
    form, cookies, which = form_of(page), browser.cookies.get_dict(), listed(page)[0][0]
    services.race(16, lambda: requests.post(form.action, data={**form.fields, "disconnect": which}, cookies=cookies, allow_redirects=False, timeout=30))
    assert on_record(each, "connection_ended", name) == [("ok", tv.id)]


def test_all_other_devices_are_televisions_too(each: Installation) -> None:
    tv, portal, browser = each.portals["tv"], each.portals["offline"], each.browser(each.member())
    television, service = connected(each, tv, browser), begin(portal, browser)
    page = browser.go(PAGE)
    assert 'value="others"' in page.text
    page = browser.submit(form_of(page), end="others")
    assert "ログアウトさせました" in page.text
    refusal(offline.refresh(tv, television["refresh_token"]), "invalid_grant")
    assert offline.refresh(portal, service["refresh_token"]).status_code == 200


def test_all_other_devices_are_also_televisions_that_have_not_fetched_their_tokens(each: Installation) -> None:
    """Requirement RV-02: nobody else's, and none that is allowed afterwards."""
    tv, browser, neighbour = each.portals["tv"], each.browser(each.member()), each.browser(each.member())
    first, second, other = (begun(tv) for _ in range(3))
    for who, one in ((browser, first), (neighbour, other)):
        assert title(answered(who, one["user_code"])) == DONE
    browser.submit(form_of(browser.go(PAGE)), end="others")
    assert title(answered(browser, second["user_code"])) == DONE
    for _ in range(2):
        refusal(poll(tv, first["device_code"]), "access_denied")
    assert tv.granted(poll(tv, second["device_code"])) and tv.granted(poll(tv, other["device_code"]))
    third = begun(tv)
    answered(browser, third["user_code"])
    browser.submit(form_of(browser.go(PAGE)), end="others")
    refusal(poll(tv, third["device_code"]), "access_denied")


def test_signing_out_here_leaves_a_television_that_has_not_fetched_its_tokens(each: Installation) -> None:
    tv, browser = each.portals["tv"], each.browser(each.member())
    found = begun(tv)
    answered(browser, found["user_code"])
    browser.submit(form_of(browser.go("/")))
    assert tv.granted(poll(tv, found["device_code"]))


def test_what_signing_out_everywhere_has_ended_is_not_there(each: Installation) -> None:
    tv, name = each.portals["tv"], each.member()
    connected(each, tv, each.browser(name))
    raise_epoch(each, name)
    assert listed(each.browser(name).go(PAGE)) == []


def test_the_televisions_back_end_hears_of_its_end(each: Installation) -> None:
    """OpenID Connect Back-Channel Logout 1.0 section 2.4: by the `sid` of its own ID token."""
    portal, name = each.portals["tv-told"], each.member()
    browser: Browser = each.browser(name)
    connected(each, portal, browser)
    page = browser.go(PAGE)
    browser.submit(form_of(page), disconnect=listed(page)[0][0])
    told = [row.template for row in each.rows(outbox) if row.account_id == each.subjects[name] and row.channel == "event"]
    assert told == ["logout"]


def test_what_only_the_record_of_sessions_knows_to_be_a_television_is_shown_as_one(each: Installation) -> None:
    tv, name = each.portals["tv"], each.member()
    browser = each.browser(name)
    tokens = connected(each, tv, browser)
    facts = json.loads((offline.row(each, tokens["refresh_token"]) or {})["facts"])
    assert facts.pop("device") == "tv.other"
    with each.deps.database.write() as connection:
        mine = refresh_families.c.series_hash == offline.series_hash(tokens["refresh_token"])
        connection.execute(update(refresh_families).where(mine).values(facts=json.dumps(facts)))
    [(_, words)] = listed(browser.go(PAGE))
    assert "テレビなど" in words
