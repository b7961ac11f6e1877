"""The SMS socket: one suite over the folder and HTTP gateways, and plugs broken on purpose that it must catch."""

from pathlib import Path
from typing import Any, Callable

import pytest

from idp.adapters.sms_folder import FolderSms
from idp.adapters.sms_http import HttpSms
from idp.ports import Sent, Unavailable
from tests.ports.sms_suite import (
    BODIES,
    DESCRIBED,
    EXPIRES,
    SUITE,
    Bench,
    arrives_whole,
    clock,
    every_mobile_prefix,
    folder_bench,
    gateway_bench,
    many_at_once,
    only_one_mobile,
    says_when_it_is_away,
)


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


def test_files_have_the_promisedform_of(tmp_path: Path) -> None:
    FolderSms(str(tmp_path), clock).send("+819012345678", BODIES[0], EXPIRES, "k")
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".txt" and file.read_bytes() == f"To: +819012345678\n\n{BODIES[0]}".encode()
