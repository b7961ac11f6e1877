"""What every SMS plug must do, and the benches on which the plugs are tried."""

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator
from urllib.parse import parse_qsl

from idp.adapters.sms_folder import FolderSms
from idp.adapters.sms_http import JSON, HttpSms
from idp.ports import Sent, Sms, Unavailable
from idp.sms_settings import GatewaySettings
from tests.ports import aws_signature
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
    "sns": GatewaySettings(profile="sns", user=aws_signature.KEY_ID, password=aws_signature.SECRET, region=aws_signature.REGION),
}


def form_of(asked: Asked) -> dict[str, str]:
    pairs = parse_qsl(asked.body.decode(), strict_parsing=True, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _read(kind: str, asked: Asked) -> tuple[str, str]:
    if kind == "json":
        data = json.loads(asked.body)
        return data["number"], data["deep"][0]["text"]
    names = {"form": ("number", "text"), "twilio": ("To", "Body"), "karaden": ("to", "body"), "sns": ("PhoneNumber", "Message")}[kind]
    number, body = (form_of(asked)[name] for name in names)
    return "+81" + number[1:] if kind == "karaden" else number, body


@contextlib.contextmanager
def gateway_bench(kind: str, change: Callable[[type[HttpSms]], type[HttpSms]] = lambda plug: plug) -> Iterator[Bench]:
    gateway = Gateway(answer=aws_signature.answer if kind == "sns" else None)
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
