"""The SMS socket: one suite over the folder and HTTP gateways, and plugs broken on purpose that it must catch."""

import base64
import contextlib
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Iterator
from urllib.parse import parse_qsl

import pytest

from idp.adapters.sms_folder import FolderSms
from idp.adapters.sms_http import FORM, JSON, HttpSms
from idp.config import GatewaySettings
from idp.ports import Sent, Sms, Unavailable
from tests.ports.http_gateway import Asked, Gateway, http_gateway
from tests.services import race

NOW = 1_800_000_000.5
EXPIRES = 1_800_000_600
BODIES = (
    "マイページの認証コードは123456です。誰にも教えないでください。\n\n@id.example.jp #123456",
    'a"b\\c & d=e + 100% {to} {body} {nothing} \t</sms>',
    "髙﨑 ① 😀 …",
    "1",
)
BAD_NUMBERS = (
    "+81312345678",  # a landline
    "+815012345678",  # an IP phone
    "+812012345678",  # a machine
    "+81120123456",
    "+14155550100",
    "+81901234567",
    "+8190123456789",
    "09012345678",
    "+819012345678,+819012345679",
    "+819012345678\r\nTo: +819012345679",
    "+819012345678\n",
    "+81９０12345678",
    "",
    "&to=+819012345678",
)


@dataclass
class Bench:
    """A plug, what has arrived through it as (number in E.164, body), and a switch that takes its far side away."""

    plug: Sms
    arrived: Callable[[], list[tuple[str, str]]]
    take_away: Callable[[], None]

    def send(self, to: str, body: str = "a") -> Sent:
        """Send with a fresh key, in time."""
        return self.plug.send(to, body, EXPIRES, f"k{time.time_ns()}")


def clock() -> float:
    return NOW


@contextlib.contextmanager
def folder_bench(folder: Path, plug: type[FolderSms] = FolderSms) -> Iterator[Bench]:
    place = folder / "sms"

    def arrived() -> list[tuple[str, str]]:
        found = [file.read_bytes().decode().split("\n", 2) for file in sorted(place.glob("*.txt"))]
        assert all(head.startswith("To: ") and empty == "" for head, empty, _ in found)
        return [(head.removeprefix("To: "), body) for head, _, body in found]

    def take_away() -> None:
        for file in place.glob("*"):
            file.unlink()
        with contextlib.suppress(FileNotFoundError):
            place.rmdir()
        place.write_text("a file stands where the folder was")

    yield Bench(plug(str(place), time.time), arrived, take_away)


DESCRIBED = {
    "form": GatewaySettings(body="number={to}&text={body}", token="t0ken"),
    "json": GatewaySettings(body='{"number": "{to}", "deep": [{"text": "{body}"}], "until": {expires_at}}', content_type=JSON),
    "twilio": GatewaySettings(profile="twilio", user="AC1", password="secret", sender="+15005550006"),
    "karaden": GatewaySettings(profile="karaden", token="t0ken", sender="42"),
}


def _form(asked: Asked) -> dict[str, str]:
    pairs = parse_qsl(asked.body.decode(), strict_parsing=True, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _read(kind: str, asked: Asked) -> tuple[str, str]:
    if kind == "json":
        data = json.loads(asked.body)
        return data["number"], data["deep"][0]["text"]
    names = {"form": ("number", "text"), "twilio": ("To", "Body"), "karaden": ("to", "body")}[kind]
    number, body = (_form(asked)[name] for name in names)
    return "+81" + number[1:] if kind == "karaden" else number, body


@contextlib.contextmanager
def gateway_bench(kind: str, change: Callable[[type[HttpSms]], type[HttpSms]] = lambda plug: plug) -> Iterator[Bench]:
    gateway = Gateway()
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(http_gateway(gateway))
        plug = change(HttpSms)(f"{url}/send", DESCRIBED[kind], clock)
        yield Bench(plug, lambda: [_read(kind, one) for one in gateway.posted], stack.close)


def arrives_whole(bench: Bench) -> None:
    for body in BODIES:
        sent = bench.send("+819012345678", body)
        assert sent.outcome == "accepted"
    assert bench.arrived() == [("+819012345678", body) for body in BODIES]


def every_mobile_prefix(bench: Bench) -> None:
    numbers = [f"+81{prefix}12345678" for prefix in (60, 70, 80, 90)]
    assert [bench.send(number).outcome for number in numbers] == ["accepted"] * 4
    assert [number for number, _ in bench.arrived()] == numbers


def only_one_mobile(bench: Bench) -> None:
    for bad in BAD_NUMBERS:
        assert bench.send(bad).outcome == "rejected", bad
    assert bench.arrived() == []


def many_at_once(bench: Bench) -> None:
    bodies = [f"手紙 {number}" for number in range(16)]
    left = list(bodies)
    race(16, lambda: bench.plug.send("+819012345678", body := left.pop(), EXPIRES, body))
    assert sorted(body for _, body in bench.arrived()) == sorted(bodies)


def says_when_it_is_away(bench: Bench) -> None:
    bench.plug.ping()
    assert bench.arrived() == []
    bench.take_away()
    for call in (bench.plug.ping, lambda: bench.send("+819012345678")):
        try:
            call()
        except Unavailable:
            continue
        raise AssertionError("an absent far side passes for a present one")


SUITE = (arrives_whole, every_mobile_prefix, only_one_mobile, many_at_once, says_when_it_is_away)


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", ["folder", *DESCRIBED])
def test_every_plug(kind: str, check: Callable[[Bench], None], tmp_path: Path) -> None:
    with folder_bench(tmp_path) if kind == "folder" else gateway_bench(kind) as bench:
        check(bench)


class Forgets(FolderSms):
    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        return Sent("accepted", "1")


class SendsTwice(FolderSms):
    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        super().send(to_e164, body, expires_at, idempotency_key)
        return super().send(to_e164, body, expires_at, idempotency_key)


class Trims(FolderSms):
    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        return super().send(to_e164, body.replace("\n\n", "\n"), expires_at, idempotency_key)


class FillsAgain(FolderSms):
    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        return super().send(to_e164, body.replace("{to}", to_e164), expires_at, idempotency_key)


class OldPrefixes(FolderSms):
    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        if to_e164[3:5] not in ("70", "80", "90"):
            return Sent("rejected")
        return super().send(to_e164, body, expires_at, idempotency_key)


class TakesTheFirst(FolderSms):
    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        return super().send(to_e164[:13], body, expires_at, idempotency_key)


class OneName(FolderSms):
    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        self._clock = lambda: 0.0
        return super().send(to_e164, body, expires_at, "same")


class Optimist(FolderSms):
    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        try:
            return super().send(to_e164, body, expires_at, idempotency_key)
        except Unavailable:
            return Sent("accepted", "1")


class NeverPings(FolderSms):
    def ping(self) -> None:
        pass


BROKEN = (
    (Forgets, arrives_whole),
    (SendsTwice, arrives_whole),
    (Trims, arrives_whole),
    (FillsAgain, arrives_whole),
    (OldPrefixes, every_mobile_prefix),
    (TakesTheFirst, only_one_mobile),
    (OneName, many_at_once),
    (Optimist, says_when_it_is_away),
    (NeverPings, says_when_it_is_away),
)


@pytest.mark.parametrize(("plug", "check"), BROKEN, ids=lambda value: value.__name__)
def test_the_suite_catches_broken_plugs(plug: type[FolderSms], check: Callable[[Bench], None], tmp_path: Path) -> None:
    with folder_bench(tmp_path, plug) as bench, pytest.raises((AssertionError, Unavailable)):
        check(bench)


def test_the_suite_catches_a_gateway_that_does_not_encode() -> None:
    class Raw(HttpSms):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self._json = True  # encodes for JSON what is sent as a form

    with gateway_bench("form", lambda _: Raw) as bench, pytest.raises((AssertionError, ValueError)):
        arrives_whole(bench)


# What only HTTP can meet


@contextlib.contextmanager
def described(settings: GatewaySettings, gateway: Gateway, timeout: float = 2.0) -> Iterator[HttpSms]:
    with http_gateway(gateway) as url:
        yield HttpSms(f"{url}/send?tenant=1", settings, clock, timeout=(timeout, timeout))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "accepted"), (201, "accepted"), (202, "accepted"), (204, "accepted"), (400, "rejected"), (422, "rejected")]
    + [(status, None) for status in (301, 401, 403, 404, 429, 500, 502, 503)],
)
def test_what_the_gateway_says(status: int, outcome: str | None) -> None:
    gateway = Gateway(status=status, headers={"Location": "/elsewhere"}, body=b"" if status == 204 else b"said\x1bwhy")
    with described(DESCRIBED["form"], gateway) as plug:
        if outcome is None:
            with pytest.raises(Unavailable, match=f"{status} " + ("" if status == 301 else "said why")):
                plug.send("+819012345678", "a", EXPIRES, "k")
        else:
            sent = plug.send("+819012345678", "a", EXPIRES, "k")
            assert (sent.outcome, sent.reason) == (outcome, f"{status} said why" if outcome == "rejected" else "")
    assert [one.path for one in gateway.asked] == ["/send?tenant=1"]  # no redirect followed, no second try


@pytest.mark.parametrize(
    ("body", "id_field", "expected"),
    [
        (b'{"id": "g-1"}', "id", "g-1"),
        (b'{"deep": [{"id": 7}]}', "deep.0.id", "7"),
        (b'{"id": "g-1"}', "", ""),
        (b'{"id": null}', "id", ""),
        (b"[]", "id", ""),
        (b"<html>", "id", ""),
        (b"[" * 50_000, "id", ""),
        (b"x" * 3_000_000, "id", ""),
        (b'{"id": "' + b"9" * 1000 + b'"}', "id", "9" * 200),
    ],
    ids=range(9),
)
def test_the_providers_own_id(body: bytes, id_field: str, expected: str) -> None:
    with described(replace(DESCRIBED["form"], id_field=id_field), Gateway(body=body)) as plug:
        assert plug.send("+819012345678", "a", EXPIRES, "k") == Sent("accepted", expected)


def test_a_slow_gateway_does_not_hold_us() -> None:
    with described(DESCRIBED["form"], Gateway(delay=0.5), timeout=0.1) as plug:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            plug.send("+819012345678", "a", EXPIRES, "k")
        assert time.monotonic() - started < 0.4


def test_everything_the_description_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # somebody's netrc must not take the place of the token
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login wrong password wrong")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    settings = GatewaySettings(
        token="t0ken",
        sender="0005-1234",
        headers={"Idempotency-Key": "{idempotency_key}", "X-From": "{sender}"},
        body="n={to}&b={body}&s={sender}&k={idempotency_key}&u={expires_at}&i={expires_at_iso}&l={expires_in}",
        number_form="domestic",
    )
    gateway = Gateway()
    with described(settings, gateway) as plug:
        plug.send("+819012345678", "a", EXPIRES, "key-1")
    (asked,) = gateway.asked
    assert (asked.method, asked.headers["content-type"], asked.headers["authorization"]) == ("POST", FORM, "Bearer t0ken")
    assert (asked.headers["idempotency-key"], asked.headers["x-from"]) == ("key-1", "0005-1234")
    assert _form(asked) == {
        "n": "09012345678",
        "b": "a",
        "s": "0005-1234",
        "k": "key-1",
        "u": "1800000600",
        "i": "2027-01-15T17:10:00+09:00",
        "l": "600",
    }


def test_profiles() -> None:
    gateway = Gateway()
    with described(DESCRIBED["twilio"], gateway) as plug:
        assert plug.send("+819012345678", "a", EXPIRES, "k") == Sent("accepted", "SM1")
    assert gateway.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"AC1:secret").decode()
    assert _form(gateway.asked[0]) == {"To": "+819012345678", "From": "+15005550006", "Body": "a", "ValidityPeriod": "600"}
    with described(DESCRIBED["karaden"], gateway) as plug:
        assert plug.send("+819012345678", "a", EXPIRES, "k") == Sent("accepted", "g-1")
    asked = gateway.asked[1]
    assert (asked.headers["authorization"], asked.headers["karaden-version"]) == ("Bearer t0ken", "2023-01-01")
    assert _form(asked) == {"service_id": "42", "to": "09012345678", "body": "a", "limited_at": "2027-01-15T17:10:00+09:00"}


@pytest.mark.parametrize(
    "settings",
    [
        GatewaySettings(),
        GatewaySettings(body="number={to}"),
        GatewaySettings(body="text={body}"),
        GatewaySettings(body="number={to}&text={body}&x={typo}"),
        GatewaySettings(body="number={to} text={body}"),
        GatewaySettings(body='{"number": "{to}", "text": {body}}', content_type=JSON),
        GatewaySettings(body='{"number": "{to}", "text": "{body}"', content_type=JSON),
        GatewaySettings(body="<to>{to}</to><body>{body}</body>", content_type="text/xml"),
        GatewaySettings(body="n={to}&b={body}", number_form="national"),
        GatewaySettings(body="n={to}&b={body}", token="a", user="b"),
        GatewaySettings(body="n={to}&b={body}", headers={"X-A": "b\r\nX-C: d"}),
        GatewaySettings(body="n={to}&b={body}", headers={"X A": "b"}),
        GatewaySettings(body="n={to}&b={body}", headers={"X-A": "{body}"}),
        GatewaySettings(body="n={to}&b={body}", profile="twilio"),
        GatewaySettings(profile="unheard-of"),
    ],
    ids=range(15),
)
def test_descriptions_that_cannot_be_used(settings: GatewaySettings) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        HttpSms("https://sms.example.jp/send", settings, clock)


@pytest.mark.parametrize("url", ["http://sms.example.jp/", "http://localhost.example.jp/", "https://", "https://:1/"])
def test_the_text_never_crosses_the_network_in_clear(url: str) -> None:
    with pytest.raises(ValueError):
        HttpSms(url, DESCRIBED["form"], clock)


def test_files_have_the_promised_form(tmp_path: Path) -> None:
    FolderSms(str(tmp_path), clock).send("+819012345678", BODIES[0], EXPIRES, "k")
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".txt" and file.read_bytes() == f"To: +819012345678\n\n{BODIES[0]}".encode()
