"""The mail socket: one suite over the folder and SMTP, and plugs broken on purpose that it must catch."""

import time
from pathlib import Path
from typing import Callable

import pytest

from idp.adapters.mail_folder import FolderMail
from idp.ports import Sent, Unavailable
from tests.ports.mail_suite import (
    SENDER,
    SUITE,
    Bench,
    arrives_whole,
    folder_bench,
    many_at_once,
    never_a_second_recipient,
    odd_addresses_stay,
    parsed,
    repetition_is_recognised,
    says_when_it_is_away,
    smtp_bench,
    subjects_come_back,
)


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__)
@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server does not see that TLS came first
@pytest.mark.parametrize("kind", ["folder", "plain", "starttls", "smtps"])
def test_every_plug(kind: str, check: Callable[[Bench], None], tmp_path: Path) -> None:
    with folder_bench(tmp_path) if kind == "folder" else smtp_bench(tmp_path, kind) as bench:
        check(bench)


class Forgets(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        return Sent("accepted", "1")


class SendsTwice(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        super().send(to, subject, body, idempotency_key)
        return super().send(to, subject, body, idempotency_key)


class Splits(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        return [super(Splits, self).send(one.strip(), subject, body, idempotency_key) for one in to.split(",")][-1]


class Repairs(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        return super().send(to.replace("..", ".").replace(".@", "@"), subject, body, idempotency_key)


class DropsLineEnds(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        return super().send(to, subject.replace("\r", "").replace("\n", ""), body, idempotency_key)


class OldCharset(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        return super().send(to, subject, body.encode("iso2022_jp", "replace").decode("iso2022_jp"), idempotency_key)


class NewIdEachTime(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        return super().send(to, subject, body, f"{idempotency_key}{time.time_ns()}")


class LosesSpaces(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        return super().send(to, subject.replace(" マイ", "マイ"), body, idempotency_key)


class OneName(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        self._clock = lambda: 0.0
        return super().send(to, subject, body, "same")


class Optimist(FolderMail):
    def send(self, to: str, subject: str, body: str, idempotency_key: str) -> Sent:
        try:
            return super().send(to, subject, body, idempotency_key)
        except Unavailable:
            return Sent("accepted", "1")


class NeverPings(FolderMail):
    def ping(self) -> None:
        pass


BROKEN = (
    (Forgets, arrives_whole),
    (SendsTwice, arrives_whole),
    (OldCharset, arrives_whole),
    (Repairs, odd_addresses_stay),
    (Splits, never_a_second_recipient),
    (DropsLineEnds, never_a_second_recipient),
    (LosesSpaces, subjects_come_back),
    (NewIdEachTime, repetition_is_recognised),
    (OneName, many_at_once),
    (Optimist, says_when_it_is_away),
    (NeverPings, says_when_it_is_away),
)


@pytest.mark.parametrize(("plug", "check"), BROKEN, ids=lambda value: value.__name__)
def test_the_suite_catches_broken_plugs(plug: type[FolderMail], check: Callable[[Bench], None], tmp_path: Path) -> None:
    with folder_bench(tmp_path, plug) as bench, pytest.raises((AssertionError, Unavailable)):
        check(bench)


def test_files_are_named_by_time_and_kept_private(tmp_path: Path) -> None:
    left = [1_700_000_000.25, 1_700_000_000.5, 1_800_000_000.0]
    plug = FolderMail(str(tmp_path / "deep" / "mail"), SENDER, lambda: left.pop(0))
    for number in (1, 2, 3):
        plug.send("taro@example.jp", f"mail {number}", "b\n", f"../{4 - number}")
    files = sorted((tmp_path / "deep" / "mail").iterdir())
    assert [parsed(file.read_bytes())["Subject"] for file in files] == ["mail 1", "mail 2", "mail 3"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
