"""Floods of strangers fill no store: what is kept stays within bounds that are stated, on every pair of stores (SE-07)."""

import json
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import urlencode

import pytest

from idp.domain.client import DEVICE_CODE
from idp.services import client_registration, doctor, drafts
from idp.services.limits import SHORTEST_PAGE
from tests import running, services
from tests.input.inside import Visitor
from tests.input.recovery import ASKED
from tests.input.wire import Request
from tests.oidc.proofs import proof
from tests.overload.strangers import LIMITS, Service, more
from tests.running import CALLBACK

PAGES = int(LIMITS["rates"]["pages_per_address_per_minute"])
BEFORE = int(LIMITS["rates"]["pages_per_minute_before_friction"])
SIGN_INS = int(LIMITS["rates"]["sign_ins_per_address_per_minute"])
CHECKS = int(LIMITS["contract_checks"]["per_address_per_hour"])
FLOOD = 3 * PAGES


@pytest.fixture(scope="module", params=["embedded", "production"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An installation with low limits, and an ephemeral store of its own."""
    folder: Path = tmp_path_factory.mktemp("strangers")
    if request.param == "embedded":
        yield Service(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db")
        return
    server = request.getfixturevalue("postgres_url")
    with services.private_folder() as private, services.redis_server(private) as redis:
        with services.empty_database(server, f"t{uuid.uuid4().hex}") as database:
            found = Service(folder, database, redis)
            yield found
            found.deps.database.close()


@pytest.fixture(scope="module")
def public(service: Service) -> dict[str, Any]:
    """A client that proves nothing, as whose anybody may ask."""
    asked = {"client_name": "App", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", DEVICE_CODE]}
    return client_registration.register(service.deps, json.dumps(asked))


def flood(service: Service, request: Request, address: str, times: int = FLOOD) -> Counter[int]:
    """The same request over and over, from somebody without cookies."""
    found: Counter[int] = Counter()
    for _ in range(times):
        answer = service.call(Request(request.method, request.path, request.query, request.body, request.content_type, address=address))
        found[answer.status] += 1
        assert answer.status != 429 or answer.header("Retry-After") == "60"
    return found


def test_sign_ins_begun_and_abandoned_are_bounded_by_address(service: Service, public: dict[str, Any]) -> None:
    begin = Request("GET", "/authorize", urlencode(running.authorization_parameters(public)).encode(), content_type=None)
    before, rows = service.keys(), service.rows()
    assert flood(service, begin, "192.0.2.1") == {303: PAGES, 429: FLOOD - PAGES}
    kept = set(service.keys()) - set(before)
    assert len([key for key in kept if key.startswith("v:journey:")]) == PAGES
    assert len(kept) <= PAGES + 3, "and the counts, and that it is on record"
    assert more(rows, service.rows()) == {"audit": 1}, "that somebody is held back stands on record once a minute"


def test_however_many_addresses_there_are_their_pages_live_the_shorter_the_more_they_are(service: Service, public: dict[str, Any]) -> None:
    begin = Request("GET", "/authorize", urlencode(running.authorization_parameters(public)).encode(), content_type=None)
    before, page = service.keys(), service.deps.policy.sessions.page
    count = 6 * BEFORE
    for n in range(count):
        assert flood(service, begin, f"198.51.100.{n % 200}", 1) == {303: 1}
    lives = sorted((life for key, life in service.keys().items() if key.startswith("v:journey:") and key not in before), reverse=True)
    assert len(lives) == count
    # what lies in the store at once is the sum of the lives of what comes in a minute
    assert sum(lives) <= 2 * BEFORE * page + count * SHORTEST_PAGE
    assert lives[-1] <= SHORTEST_PAGE < lives[0] <= page


def test_pushed_requests_in_the_name_of_a_public_client_are_bounded(service: Service, public: dict[str, Any]) -> None:
    form = running.authorization_parameters(public)
    before, rows = service.keys(), service.rows()
    assert flood(service, Request("POST", "/par", body=urlencode(form).encode()), "192.0.2.2") == {201: PAGES, 429: FLOOD - PAGES}
    kept = {key: life for key, life in service.keys().items() if key not in before}
    assert PAGES <= len(kept) <= PAGES + 2
    assert all(life <= service.deps.policy.tokens.pushed_request for key, life in kept.items() if "throttled" not in key and key[:2] == "v:")
    assert more(rows, service.rows()) == {"audit": 1}


def test_codes_of_televisions_are_bounded(service: Service, public: dict[str, Any]) -> None:
    form = urlencode({"client_id": public["client_id"], "scope": "openid"}).encode()
    before, rows = service.keys(), service.rows()
    assert flood(service, Request("POST", "/device_authorization", body=form), "192.0.2.3") == {200: PAGES, 429: FLOOD - PAGES}
    assert 2 * PAGES <= len(set(service.keys()) - set(before)) <= 2 * PAGES + 2, "one by each of its codes"
    assert more(rows, service.rows()) == {"audit": 1}


def test_proofs_in_the_name_of_a_public_client_are_kept_only_where_there_is_something_to_be_had(service: Service, public: dict[str, Any]) -> None:
    issuer, name = service.deps.settings.issuer, {"client_id": public["client_id"]}
    waiting = service.call(Request("POST", "/device_authorization", body=urlencode({**name, "scope": "openid"}).encode(), address="192.0.2.6")).json()
    begun = {
        "authorization_code": {"code": "made-up", "redirect_uri": CALLBACK, "code_verifier": running.VERIFIER},
        "refresh_token": {"refresh_token": "0." + "a" * 86},
        DEVICE_CODE: {"device_code": waiting["device_code"]},
        "client_credentials": {},
    }
    for grant_type, fields in begun.items():
        body = urlencode({**name, "grant_type": grant_type, **fields}).encode()
        before, said = set(service.keys()), Counter[str]()
        for _ in range(9):
            asked = Request("POST", "/token", body=body, headers=(("DPoP", proof(issuer + "/token")),), address="192.0.2.6")
            said[service.call(asked).json()["error"]] += 1
        kept = {key for key in set(service.keys()) - before if ":doctor:" not in key}  # whose own bounds are looked at below
        assert len(kept) <= 3 and "invalid_dpop_proof" not in said, (grant_type, kept, said)


def test_requests_for_a_new_password_are_bounded_and_all_answered_alike(service: Service, public: dict[str, Any]) -> None:
    rows, before, said = service.rows(), service.keys(), Counter()
    for n in range(PAGES):
        visitor = Visitor(service, "192.0.2.4")  # type: ignore[arg-type]
        form = visitor.page(visitor.go(Request("GET", "/recovery", content_type=None)))
        confirm = visitor.page(visitor.go(form.request(fields=ASKED | {"login_id": f"nobody{n}"})))
        said[visitor.go(confirm.request()).status] += 1
    assert said == {200: PAGES}
    grown = more(rows, service.rows())
    assert grown == {"outbox": CHECKS, "audit": CHECKS + 1} or grown == {"outbox": CHECKS, "audit": 1}, grown
    # for each visitor: a journey, a draft and what guards it against being sent twice; and the counts of the address
    assert len(set(service.keys()) - set(before)) <= 4 * PAGES + 4
    assert flood(service, Request("GET", "/recovery", content_type=None), "192.0.2.4", 3) == {429: 3}


def test_unknown_names_leave_one_count_and_one_row_for_each_try_that_was_let_through(service: Service, public: dict[str, Any]) -> None:
    visitor = Visitor(service, "192.0.2.5")  # type: ignore[arg-type]
    page = visitor.page(visitor.authorize(public))
    rows, before = service.rows(), service.keys()
    for n in range(4 * SIGN_INS):
        service.call(page.request(fields={"identifier": f"nobody{n}", "password": "Wrong1wrong"}, address="192.0.2.5"))
    assert more(rows, service.rows()) == {"failures": SIGN_INS, "audit": SIGN_INS + 1}, "the last row: held back, once a minute"
    assert len(set(service.keys()) - set(before)) <= 3


def test_wrong_requests_that_all_differ_leave_no_more_marks_than_findings(service: Service, public: dict[str, Any]) -> None:
    before = service.keys()
    for n in range(3 * doctor.OF_CLIENT):
        query = urlencode(running.authorization_parameters(public) | {"redirect_uri": f"https://evil{n}.example/"}).encode()
        assert service.call(Request("GET", "/authorize", query, content_type=None, address="192.0.2.6")).status == 400
    kept = [key for key in set(service.keys()) - set(before) if "doctor:" in key]
    marks = [key for key in kept if ":same:" in key]
    assert doctor.OF_CLIENT / 2 < len(marks) <= 2 * doctor.OF_CLIENT, "two minutes may have been touched"
    assert len(kept) <= len(marks) + doctor.KEEP + 4


@pytest.mark.parametrize("path, address", [("/undo", "192.0.2.7"), ("/device", "192.0.2.8")])
def test_what_is_wrong_with_a_form_is_noted_for_so_many_browsers_of_an_address(service: Service, public: dict[str, Any], path: str, address: str) -> None:
    pages = []
    for _ in range(FLOOD):
        visitor = Visitor(service, address)  # type: ignore[arg-type]
        pages.append(visitor.page(visitor.go(Request("GET", path, content_type=None))))
    before = service.keys()
    assert Counter(service.call(page.request(address=address)).status for page in pages) == {303: PAGES, 429: FLOOD - PAGES}
    assert len([key for key in set(service.keys()) - set(before) if "draft:" in key]) == PAGES


@pytest.mark.parametrize("path, address", [("/recovery", "192.0.2.9"), ("/register", "192.0.2.10")])
def test_a_page_keeps_only_the_newest_few_of_what_was_wrong_with_its_form(service: Service, public: dict[str, Any], path: str, address: str) -> None:
    visitor = Visitor(service, address)  # type: ignore[arg-type]
    page, before = visitor.page(visitor.go(Request("GET", path, content_type=None))), service.keys()
    for _ in range(3 * drafts.NOTES):
        shown = visitor.go(page.request())
        assert shown.status == 200 and 'class="error"' in shown.body.decode()
    # beside the notes at most what was typed
    assert len([key for key in set(service.keys()) - set(before) if "draft:" in key]) <= drafts.NOTES + 1
