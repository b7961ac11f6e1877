"""Every address answers whatever comes: never a 500, always the headers, a message with every refusal, nothing stored."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.features.oidc.request import KNOWN
from idp.web import upload
from tests.input import hostile
from tests.input.inside import Inside
from tests.input.wire import Request


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_comes_is_answered_decently(inside: Inside, data: st.DataObject) -> None:
    request = data.draw(hostile.requests(inside))
    inside.rewind()
    before = inside.stored()
    answer = inside.call(request)
    assert hostile.problems(inside, request, answer) == []
    if answer.status >= 400:
        assert inside.stored() == before, "a refused request was stored"


def test_whatever_is_asked_with_nothing_stores_nothing_when_it_is_refused(inside: Inside) -> None:
    refused = 0
    for path, method in ((path, method) for path in inside.paths for method in sorted(inside.methods(path))):
        inside.rewind()
        before = inside.stored()
        answer = inside.call(Request(method, path))
        if answer.status >= 400:
            refused += 1
            assert inside.stored() == before, f"{method} {path} was refused and stored"
    assert refused > 50


def test_every_protocol_endpoint_that_takes_fields_is_attacked_by_its_own(inside: Inside) -> None:
    forms = {path for path, endpoint in inside.endpoints.items() if endpoint.form or endpoint.body} | {"/authorize", "/end-session"}
    assert forms == set(hostile.PARAMETERS), "tell tests/input/hostile.py which parameters it understands"
    assert set(hostile.PARAMETERS["/authorize"]) == KNOWN


def test_every_form_of_a_page_is_attacked(inside: Inside) -> None:
    posts = {path for path in inside.paths if "POST" in inside.methods(path)} - set(hostile.PARAMETERS)
    pages = {page.path for page in inside.pages.values()}
    assert posts - upload.PATHS == pages, "show tests/input/inside.py the way to the page"
