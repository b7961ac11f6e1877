"""Every address is on a list: pages by their door marks, machine endpoints by name, method and who may read them."""

from pathlib import Path
from typing import Iterator

import pytest
from flask import Flask

from idp import app, config, parts
from idp.web import doors
from idp.web.house import House as BuiltHouse
from idp.web.machine import Endpoint
from tests import running

# protocol requests that other sites send here by design, without our form token
PROTOCOL = {"/authorize": {"GET", "POST"}, "/end-session": {"GET", "POST"}}
# forms with a file, guarded before they are read
UPLOADS = {"/console/contracts/new": {"POST"}}
# path → (methods, whether it takes a form, which origins may read it)
MACHINE = {
    "/.well-known/openid-configuration": (("GET",), False, "any"),
    "/.well-known/oauth-authorization-server": (("GET",), False, "any"),
    "/jwks": (("GET",), False, "any"),
    "/token": (("POST",), True, "registered"),
    "/par": (("POST",), True, "registered"),
    "/device_authorization": (("POST",), True, "registered"),
    "/revoke": (("POST",), True, "registered"),
    "/introspect": (("POST",), True, None),
    "/userinfo": (("GET", "POST"), True, "registered"),
    "/admin/openapi.json": (("GET",), False, None),
    "/admin/*": ((), False, None),  # judged by its own table: tests/admin_api
    "/health/live": (("GET",), False, None),
    "/health/ready": (("GET",), False, None),
    "/metrics": (("GET",), False, None),
    "/console/backchannel-logout": (("POST",), True, None),
    "/portal/events": (("POST",), False, None),
    "/sms/receipts": (("POST",), False, None),
    "/sms/receipts/fallback": (("POST",), False, None),
    "/static/console.css": (("GET",), False, None),
    "/static/console.js": (("GET",), False, None),
    "/static/page.css": (("GET",), False, None),
    "/static/page.js": (("GET",), False, None),
}
House = tuple[Flask, dict[str, Endpoint], BuiltHouse]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The pages and the machine endpoints of an installation, and what they are built of."""
    folder: Path = tmp_path_factory.mktemp("doors")
    installed = running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", 8000)
    deps = parts.open_deps(*config.load(str(installed.config)))
    built = app.build(deps)
    yield app.flask_app(built), app.machine_endpoints(built), built
    parts.close_deps(deps)


def methods(pages: Flask, door: str) -> dict[str, set[str]]:
    """Methods by path of the views that wear this mark; HEAD and OPTIONS come with every GET."""
    found: dict[str, set[str]] = {}
    for rule in pages.url_map.iter_rules():
        if getattr(pages.view_functions[rule.endpoint], "door", None) == door:
            found.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return found


def test_every_route_wears_a_mark(house: House) -> None:
    pages = house[0]
    marks = {rule.endpoint: getattr(pages.view_functions[rule.endpoint], "door", None) for rule in pages.url_map.iter_rules()}
    assert len(marks) >= 13
    assert not {endpoint: mark for endpoint, mark in marks.items() if mark not in (doors.PAGE, doors.FORM, doors.PROTOCOL, doors.UPLOAD)}


def test_what_may_be_looked_at_is_only_looked_at(house: House) -> None:
    assert not {path: found for path, found in methods(house[0], doors.PAGE).items() if found != {"GET"}}


def test_whatever_else_is_a_guarded_form_or_on_the_short_list(house: House) -> None:
    assert not {path: found for path, found in methods(house[0], doors.FORM).items() if found != {"POST"}}
    assert methods(house[0], doors.PROTOCOL) == PROTOCOL
    assert methods(house[0], doors.UPLOAD) == UPLOADS


def test_every_machine_endpoint_is_on_the_list(house: House) -> None:
    found = {}
    for path, endpoint in house[1].items():
        pieces = path.split("/")
        name = f"/static/{pieces[-1]}" if pieces[1] == "static" else path  # in between stands what it holds, as a hash
        found[name] = (endpoint.methods, endpoint.form, endpoint.cors)
    assert found == MACHINE


def test_no_page_hides_behind_a_machine_endpoint(house: House) -> None:
    pages, endpoints, _ = house
    assert not {rule.rule for rule in pages.url_map.iter_rules()} & set(endpoints)


def test_a_route_without_a_mark_stays_shut(house: House) -> None:
    pages = app.flask_app(house[2])
    pages.add_url_rule("/open", "open", lambda: "not for everybody", methods=["GET", "POST"])
    visitor = pages.test_client()
    for answer in (visitor.get("/open"), visitor.post("/open")):
        assert answer.status_code == 403 and "not for everybody" not in answer.text
