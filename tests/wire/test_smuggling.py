"""No request is attributed to another, nothing breaks, and others are answered meanwhile."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator

from tests.wire.odd import BARE, CLEAR, DOUBTFUL, Odd
from tests.wire.raw import SECONDS, Way, heads, status, visiting

AT_ONCE = 6
# of ours and of nginx, which answers 200 and 303 besides where it has made a sound request of it
OF_A_REFUSAL = {400, 404, 405, 408, 411, 413, 414, 415, 417, 421, 431, 501, 505}


def whole(way: Way, kind: str, odd: Odd) -> bytes:
    """The request, and behind it one that would bring back the name of its kind."""
    first, rest = odd
    return first + b"\r\nHost: " + way.host + b"\r\n" + rest + way.named(f"smuggled-{kind.replace(' ', '_')}")


def each(way: Way, messages: dict[str, bytes]) -> Iterator[tuple[str, bytes, list[bytes]]]:
    """(kind, what was said to it, the heads in it), some at once, while others visit; none of these is mistaken for another."""
    with visiting(way) as seen, ThreadPoolExecutor(AT_ONCE) as pool:
        said = dict(zip(messages, pool.map(way.said, messages.values())))
        before = seen.answered
        while seen.answered < before + 10 and not seen.mistaken:
            way.said(way.named("again", b"Connection: close\r\n"))
    assert not seen.mistaken, seen.mistaken[0]
    for kind, text in said.items():
        yield kind, text, heads(text)


def test_what_leaves_its_end_in_doubt_is_refused_and_nothing_behind_it_is_heard(way: Way) -> None:
    for kind, text, found in each(way, {kind: whole(way, kind, odd) for kind, odd in DOUBTFUL.items()}):
        allowed = OF_A_REFUSAL if way.chain is None else OF_A_REFUSAL | {200, 303}
        assert found and {status(head) for head in found} <= allowed, (kind, found)
        if len(found) > 1:  # nginx took it for two, and so did we: the second is answered as what it is
            assert way.chain is not None and len(found) == 2 and b"state=smuggled" in found[1], (kind, found)
        else:
            assert b"state=smuggled" not in text, (kind, text[:500])


def test_what_is_odd_but_clear_is_answered_and_so_is_what_follows(way: Way) -> None:
    for kind, text, found in each(way, {kind: whole(way, kind, odd) for kind, odd in CLEAR.items()}):
        assert 1 <= len(found) <= 2 and status(found[0]) in (200, 400, 401, 417), (kind, found)
        assert b"HTTP/1.1 101" not in text, (kind, "no other protocol is spoken")
        if len(found) == 2:
            assert status(found[1]) == 303 and b"state=smuggled" in found[1], (kind, found)


def test_what_is_no_request_is_told_so_or_hung_up_on(way: Way) -> None:
    for kind, text, found in each(way, BARE):
        # nginx still speaks HTTP/0.9, which has no heads, and mends lone line feeds
        allowed = OF_A_REFUSAL if way.chain is None else OF_A_REFUSAL | {200, 303}
        assert {status(head) for head in found} <= allowed and len(found) <= 1, (kind, found)
        assert found or way.chain, (kind, text[:200])


def test_requests_in_one_packet_are_answered_in_their_order(way: Way) -> None:
    names = [f"piped-{n}" for n in range(20)]
    with visiting(way) as seen:
        last = way.named(names[-1], b"Connection: close\r\n")
        found = heads(way.said(b"".join(way.named(name) for name in names[:-1]) + last, quiet=SECONDS))
    assert not seen.mistaken
    assert [head.split(b"state=")[1].split(b"&")[0].split(b"\r")[0].decode() for head in found] == names


def test_the_service_has_noted_no_error_of_its_own(way: Way) -> None:
    lines = [json.loads(line) for line in (way.idp.folder / "server.log").read_text().splitlines() if line.startswith("{")]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []
    assert way.said(b"GET /health/live HTTP/1.1\r\nHost: " + way.host + b"\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
