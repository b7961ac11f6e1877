"""Limits per network address: they slow down, they say so, and no header moves them (LG-06, LG-09, LG-15, SE-07)."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.input.inside import Inside, Visitor
from tests.input.wire import Answer, Request
from tests.running import PASSWORD

RATES = {
    "sign_ins_per_address_per_minute": "6",
    "pages_per_address_per_minute": "10",
    "failures_per_minute_before_friction": "12",
    "sign_ins_per_address_under_friction": "2",
}
SPOOFED = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X_Forwarded_For", "Client-IP", "True-Client-IP", "CF-Connecting-IP", "Via"]
BUSY = "ただいま混み合っています"


@pytest.fixture
def limited(tmp_path: Path) -> Inside:
    """An installation with low limits."""
    return Inside(tmp_path, policy={"rates": RATES})


@pytest.fixture
def proxied(tmp_path: Path) -> Inside:
    """The same behind one reverse proxy."""
    return Inside(tmp_path, policy={"rates": RATES}, server="trusted_proxies = 1")


def begins(inside: Inside, address: str, **headers: str) -> Answer:
    """A new visitor comes from a portal."""
    good = inside.calls["authorize"].request(cookies="", headers=tuple(headers.items()))
    return inside.call(replace(good, address=address))


def tries(inside: Inside, address: str, name: str = "nobody", password: str = "Wrong1wrong", **headers: str) -> Answer:
    """One try to sign in, and the page that it leads to."""
    page = inside.pages["login"]
    request = page.request(fields={"identifier": name, "password": password}, headers=tuple(headers.items()))
    answer = inside.call(replace(request, address=address))
    if answer.status != 303 or not answer.header("Location").startswith("/login?"):
        return answer
    path, _, query = answer.header("Location").partition("?")
    return inside.call(Request("GET", path, query.encode(), cookies=page.cookie, content_type=None))


def test_an_address_begins_so_many_sign_ins_a_minute_and_is_told_to_wait(limited: Inside) -> None:
    limited.rewind()
    assert [begins(limited, "192.0.2.1").status for _ in range(10)] == [303] * 10
    refused = begins(limited, "192.0.2.1")
    assert (refused.status, refused.header("Retry-After")) == (429, "60") and BUSY in refused.text
    assert begins(limited, "192.0.2.2").status == 303, "others do not wait"
    before = limited.stored()
    assert begins(limited, "192.0.2.1").status == 429 and limited.stored() == before, "the store does not fill"


def test_a_bookmarked_sign_in_page_counts_too(limited: Inside) -> None:
    limited.rewind()
    seen = [limited.call(replace(Request("GET", "/login", content_type=None), address="192.0.2.1")).status for _ in range(11)]
    assert seen == [303] * 10 + [429]


def test_silent_requests_of_a_portal_are_not_counted_and_store_nothing(limited: Inside) -> None:
    limited.rewind()
    silent = limited.calls["authorize"].request(fields={"prompt": "none"}, cookies="")
    before = limited.stored()
    for _ in range(25):
        answer = limited.call(silent)
        assert "error=login_required" in answer.header("Location")
    assert limited.stored() == before


@pytest.mark.parametrize("header", SPOOFED)
def test_a_header_makes_no_new_address(limited: Inside, header: str) -> None:
    limited.rewind()
    seen = [begins(limited, "192.0.2.1", **{header: f"198.51.100.{n}"}).status for n in range(11)]
    assert seen[-1] == 429, header


def test_behind_a_proxy_its_own_entry_counts_and_what_the_visitor_wrote_does_not(proxied: Inside) -> None:
    proxied.rewind()
    seen = [begins(proxied, "127.0.0.1", **{"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.9"}).status for n in range(11)]
    assert seen == [303] * 10 + [429]
    assert begins(proxied, "127.0.0.1", **{"X-Forwarded-For": "203.0.113.9, 203.0.113.10"}).status == 303
    for rubbish in ("", "x" * 4_000, "a, b\x01", "999.1.1.1", "\xff"):
        assert begins(proxied, "127.0.0.1", **{"X-Forwarded-For": rubbish}).status in (303, 429), rubbish


def test_a_whole_ipv6_network_is_one_address(limited: Inside) -> None:
    limited.rewind()
    seen = [begins(limited, f"2001:db8:1:2::{n:x}").status for n in range(11)]
    assert seen == [303] * 10 + [429]
    assert begins(limited, "2001:db8:1:3::1").status == 303
    limited.rewind()
    assert [begins(limited, address).status for address in ["::ffff:192.0.2.7", "192.0.2.7"] * 6][-1] == 429


def test_an_address_tries_so_many_passwords_a_minute_whoever_is_meant(limited: Inside) -> None:
    limited.rewind()
    for n in range(6):
        assert BUSY not in tries(limited, "192.0.2.1", f"nobody{n}").text
    known, unknown = tries(limited, "192.0.2.1", "hanako", PASSWORD), tries(limited, "192.0.2.1", "nobody")
    assert BUSY in known.text and BUSY in unknown.text and known.status == unknown.status == 200
    # the member at home is not kept out
    assert "code=" in tries(limited, "192.0.2.2", "hanako", PASSWORD).header("Location")


def test_a_list_of_stolen_passwords_is_noticed_and_slowed_down_not_locked_out(limited: Inside) -> None:
    limited.rewind()
    for n in range(13):
        assert BUSY not in tries(limited, f"198.51.100.{n}", f"someone{n}").text
    assert results(limited).count("friction") == 1, "the operator sees when it began"
    assert [BUSY in tries(limited, "203.0.113.5", f"other{n}").text for n in range(4)] == [False, False, True, True]
    assert "code=" in tries(limited, "203.0.113.6", "hanako", PASSWORD).header("Location"), "a member still comes in"


def test_every_try_and_every_limit_stands_in_the_audit_trail_once(limited: Inside) -> None:
    limited.rewind()
    began = len(results(limited))
    tries(limited, "192.0.2.2", "hanako", PASSWORD)
    assert results(limited)[began:] == ["ok"]
    limited.rewind(counts=False)  # her journey is done, and so is what it left on record
    for _ in range(8):
        tries(limited, "192.0.2.1")
    assert results(limited)[began:] == [*["wrong"] * 5, "locked", "limited"]


def results(inside: Inside) -> list[str]:
    """How the sign-ins in the audit trail ended, in their order."""
    return inside.column("SELECT result FROM audit WHERE event = 'sign_in' ORDER BY id")


def test_a_visitor_in_a_flood_still_gets_through_from_elsewhere(limited: Inside) -> None:
    limited.rewind()
    for _ in range(30):
        begins(limited, "192.0.2.1")
    visitor = Visitor(limited)
    assert "code=" in visitor.sign_in(limited.portal, "hanako", PASSWORD).header("Location")
