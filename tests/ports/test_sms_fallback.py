"""Two gateways: the second takes what the first cannot, in the same attempt, and what the first says is final."""

import contextlib
from typing import Iterator

import pytest

from idp.adapters.sms_fallback import FallbackSms
from idp.adapters.sms_http import HttpSms
from idp.ports import Unavailable
from tests.ports.http_gateway import Gateway, http_gateway
from tests.ports.sms_suite import DESCRIBED, EXPIRES, SUITE, Bench, clock, form_of


@contextlib.contextmanager
def two(first: Gateway, second: Gateway, patience: float = 20.0) -> Iterator[FallbackSms]:
    """`patience`: seconds for what the first says."""
    with http_gateway(first) as one, http_gateway(second) as other:
        yield FallbackSms(
            HttpSms(one, DESCRIBED["form"], clock, (20.0, patience), "gateway"), HttpSms(other, DESCRIBED["form"], clock, (20.0, 20.0), "fallback")
        )


AWAY = {
    "fails": {"status": 500},
    "overloaded": {"status": 503},
    "too many": {"status": 429},
    "password wrong": {"status": 401},
    "too slow": {"delay": 0.6},
    "hangs up": {"hang_up": True},
}


@pytest.mark.parametrize("how", AWAY)
def test_the_second_takes_what_the_first_cannot(how: str) -> None:
    first, second = Gateway(**AWAY[how]), Gateway(status=202)  # type: ignore[arg-type]
    with two(first, second, 0.2 if first.delay else 20.0) as plug:
        sent = plug.send("+819012345678", "a", EXPIRES, "k")
    assert (sent.outcome, sent.gateway) == ("accepted", "fallback")
    assert len(first.posted) == 1 and [form_of(one) for one in second.posted] == [{"number": "+819012345678", "text": "a"}]


def test_a_first_one_that_is_down() -> None:
    second = Gateway()
    with http_gateway(second) as url:
        closed = HttpSms("http://127.0.0.1:1/", DESCRIBED["form"], clock, name="gateway")
        plug = FallbackSms(closed, HttpSms(url, DESCRIBED["form"], clock, name="fallback"))
        plug.ping()
        assert plug.send("+819012345678", "a", EXPIRES, "k").gateway == "fallback"


@pytest.mark.parametrize(("status", "outcome"), [(200, "accepted"), (202, "accepted"), (400, "rejected"), (422, "rejected")])
def test_what_the_first_says_is_final(status: int, outcome: str) -> None:
    second = Gateway()
    with two(Gateway(status=status), second) as plug:
        sent = plug.send("+819012345678", "a", EXPIRES, "k")
    assert (sent.outcome, sent.gateway, second.asked) == (outcome, "gateway", [])


def test_with_both_away_the_letter_waits() -> None:
    with two(Gateway(status=500), Gateway(status=503)) as plug:
        with pytest.raises(Unavailable, match="500 .*; fallback: .*503"):
            plug.send("+819012345678", "a", EXPIRES, "k")
        with pytest.raises(Unavailable):
            plug.ping()


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__)
def test_two_gateways_are_a_plug_as_every_other(check: object) -> None:
    first, second = Gateway(status=500), Gateway()
    with contextlib.ExitStack() as stack:
        plug = stack.enter_context(two(first, second))
        arrived = lambda: [(form["number"], form["text"]) for form in map(form_of, second.posted)]  # noqa: E731
        check(Bench(plug, arrived, stack.close))  # type: ignore[operator]
