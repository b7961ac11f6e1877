"""What DNS says of the sender's domain, by a server that answers, lies or is silent."""

import pytest

from idp.adapters.dns_txt import LONGEST, MOST, DnsTxt
from idp.domain import mail_domain
from idp.ports import Unavailable
from tests.console import dns_server
from tests.console.dns_server import serving, txt

RSA_2048 = "v=DKIM1; k=rsa; p=" + "A" * 392
RSA_1024 = "v=DKIM1; p=" + "A" * 216


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ([], "none"), (["google-site-verification=x"], "none"), (["v=spf10 -all"], "none"), (["v=spf1 ip4:192.0.2.1 -all"], "good"),
        (["other", "V=SPF1 include:a.example ~all"], "good"), (["v=spf1 a -all", "v=spf1 mx -all"], "many"), (["v=spf1 +all"], "open"),
        (["v=spf1 mx all"], "open"), (["v=spf1 mx ?all"], "loose"), (["v=spf1"], "loose"), (["v=spf1 redirect=_spf.example.jp"], "good"),
    ],
)  # fmt: skip
def test_spf(records: list[str], verdict: str) -> None:
    assert mail_domain.spf(records) == verdict


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ([], "none"), ([RSA_2048], "good"), ([RSA_1024], "short"), ([RSA_2048, RSA_1024], "many"), (["v=DKIM1; p="], "revoked"),
        (["v=DKIM2; p=AAAA"], "odd"), (["v=DKIM1; k=rsa"], "odd"), (["v=DKIM1; p=<script>"], "odd"),
        (["v=DKIM1; k=ed25519; p=" + "A" * 43 + "="], "good"), (["v=DKIM1; k=ed25519; p=AAAA"], "odd"),
    ],
)  # fmt: skip
def test_dkim(records: list[str], verdict: str) -> None:
    assert mail_domain.dkim(records) == verdict


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ([], "none"), (["v=DMARC1; p=reject"], "good"), (["v=DMARC1;p=quarantine; pct=50"], "good"), (["v=DMARC1; p=none"], "watching"),
        (["v=DMARC1; p=maybe"], "odd"), (["v=DMARC1"], "odd"), (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "many"), (["p=reject"], "none"),
    ],
)  # fmt: skip
def test_dmarc(records: list[str], verdict: str) -> None:
    assert mail_domain.dmarc(records) == verdict


def ask(port: int, name: str, seconds: float = 20.0) -> tuple[str, ...]:
    return DnsTxt(["127.0.0.1"], port, seconds=seconds).txt(name)


def test_records_are_read_whole_and_in_bounds() -> None:
    long, many = "v=DKIM1; p=" + "B" * 700, [f"r{n}" for n in range(MOST + 9)]
    records = {"a.example": ["v=spf1 -all", long], "many.example": many, "empty.example": [], "huge.example": ["C" * (LONGEST + 500)]}
    with serving(txt(records)) as port:
        assert set(ask(port, "a.example")) == {"v=spf1 -all", long}
        assert len(ask(port, "many.example")) == MOST and [len(one) for one in ask(port, "huge.example")] == [LONGEST]
        assert ask(port, "empty.example") == () == ask(port, "nowhere.example")


def test_control_characters_and_marks_of_direction_are_taken_out() -> None:
    with serving(txt({"a.example": ["v=spf1\\010\\027[2J \\226\\128\\174evil \\255"]})) as port:
        (found,) = ask(port, "a.example")
    assert found.startswith("v=spf1") and not any(c in found for c in "\n\x1b\u202e")


@pytest.mark.parametrize("answer", [lambda query: [], dns_server.of_another, lambda query: [b"", b"\x00", query[:5], b"\xff" * 600]], ids=["silent", "another", "rubbish"])
def test_who_lies_or_says_nothing_is_no_answer(answer: dns_server.Answer) -> None:
    with serving(answer) as port, pytest.raises(Unavailable):
        ask(port, "a.example", 1.0)


@pytest.mark.parametrize("name", ["", "." * 9, "a" * 70 + ".example", "x" * 300, "a..example"])
def test_a_name_that_is_none_is_no_answer(name: str) -> None:
    with serving(txt({})) as port:
        try:
            assert ask(port, name) == ()
        except Unavailable:
            pass
