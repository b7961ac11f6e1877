"""Files that come in: known by their head, whole, bounded, and nothing else (requirements AD-09, WB-02)."""

import re
import socket

import pytest
from sqlalchemy import func, select

from idp.services import contract_jobs
from idp.tables.schema import contract_imports
from idp.web import upload
from tests.console.conftest import Built
from tests.console.files import NEW, OURS, address, part, raw, send
from tests.console.people import BROWSER, Colleague, Inside
from tests.contractor.files import contract, text
from tests.running import Idp

ROWS = [contract(number) for number in range(1, 11)]
CSV = text(ROWS).encode()
END = b"--zq--\r\n"


@pytest.fixture
def sender(staff: dict[str, Inside]) -> Inside:
    return staff["supervisor"]


def imports(built: Built) -> int:
    with built.deps.database.read() as connection:
        return connection.execute(select(func.count()).select_from(contract_imports)).scalar_one()


def test_a_file_leads_to_the_page_of_its_columns(built: Built, sender: Inside) -> None:
    page = sender.get(NEW)
    assert address(sender) in page.text.replace("&amp;", "&") and 'enctype="multipart/form-data"' in page.text
    answer = send(sender, CSV)
    assert answer.status_code == 303
    shown = sender.get(answer.headers["Location"])
    assert shown.status_code == 200 and shown.text.count("<select") == 7 and "9999999999" in shown.text
    assert not [trace for trace in ("ﾔﾏﾀﾞ", "花子", "0748", "example.jp") if trace in shown.text]


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "空か"), (b"PK\x03\x04", "Excel"), ("a".encode("utf-16"), "UTF-16")],
    ids=["empty", "workbook", "utf-16"],
)
def test_what_is_no_list_is_told_at_the_field(built: Built, sender: Inside, content: bytes, word: str) -> None:
    before = imports(built)
    answer = send(sender, content)
    assert answer.status_code == 400 and word in answer.text and 'aria-invalid="true"' in answer.text
    assert imports(built) == before


def test_a_file_without_the_proof_of_our_own_page_is_not_even_read(built: Built, sender: Inside) -> None:
    elsewhere = upload.proof(built.deps, BROWSER, "/console/other")
    for path in (NEW, NEW + "?proof=", NEW + "?proof=x", f"{NEW}?proof={elsewhere}", f"{NEW}?proof={'x' * 5000}"):
        assert send(sender, CSV, path=path).status_code == 403, path
    site = sender.client.post(address(sender), base_url=built.deps.settings.issuer, headers={"Sec-Fetch-Site": "cross-site"})
    assert site.status_code == 403


def test_whoever_may_not_is_refused_before_a_byte_is_read(built: Built, staff: dict[str, Inside]) -> None:
    class Unread:
        def read(self, *_: int) -> bytes:
            raise AssertionError("the body was read")

    for role in ("viewer", "desk"):
        answer = staff[role].client.post(
            address(staff[role]), base_url=built.deps.settings.issuer, headers=OURS, content_type="multipart/form-data; boundary=zq",
            environ_overrides={"CONTENT_LENGTH": "1000000", "wsgi.input": Unread()},
        )  # fmt: skip
        assert answer.status_code == 403 and "この操作をする権限がありません" in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (END, 400),
        (part(CSV), 400),  # no end
        (part(CSV, "other") + END, 400),
        (part(CSV) + part(CSV) + END, 400),
        (part(b"x", "csrf", "") + part(CSV) + END, 400),
        (b"--zq\r\n\r\n" + CSV + b"\r\n" + END, 400),
        (b"x" * 300_000, 400),
        (b"\r\n" * 150_000, 400),
        (b"--zq\r\nX: " + b"x" * 300_000, 400),
        (b"", 400),
    ],
    ids=["nothing", "cut", "another field", "two files", "a field more", "no name", "no form", "line ends", "a long head", "empty"],
)
def test_what_is_no_form_with_one_file_is_refused(built: Built, sender: Inside, body: bytes, status: int) -> None:
    before = imports(built)
    assert raw(sender, body).status_code == status
    assert imports(built) == before


@pytest.mark.parametrize(
    ("kind", "length", "environ", "status"),
    [
        ("application/x-www-form-urlencoded", None, {}, 415),
        ("text/csv", None, {}, 415),
        ("multipart/form-data", None, {}, 415),
        ("multipart/form-data; boundary=" + "z" * 71, None, {}, 415),
        ("multipart/form-data; boundary=zq", contract_jobs.MAX_BYTES + 5_000, {}, 413),
        ("multipart/form-data; boundary=zq", 10**15, {}, 413),
        ("multipart/form-data; boundary=zq", None, {"CONTENT_LENGTH": "-1"}, 400),
        ("multipart/form-data; boundary=zq", None, {"HTTP_TRANSFER_ENCODING": "chunked"}, 400),
        ("multipart/form-data; boundary=zq", 100_000, {}, 400),
    ],
    ids=["urlencoded", "plain", "no boundary", "a long boundary", "too long", "far too long", "no length", "chunked", "cut off"],
)
def test_the_head_is_looked_at_first(built: Built, sender: Inside, kind: str, length: int | None, environ: dict, status: int) -> None:
    before = imports(built)
    assert raw(sender, part(CSV) + END, length, kind, **environ).status_code == status
    assert imports(built) == before


def test_the_longest_boundary_that_the_standard_allows_is_taken(sender: Inside) -> None:
    longest = "z" * 70  # RFC 2046 section 5.1.1
    body = (part(CSV) + END).replace(b"--zq", b"--" + longest.encode())
    assert raw(sender, body, kind=f"multipart/form-data; boundary={longest}").status_code == 303


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.csv", "\u202egnp.csv", "=HYPERLINK(1).csv", "x" * 5_000 + ".csv", ""], ids=range(5))
def test_whatever_a_file_is_called_its_name_does_nothing(sender: Inside, name: str) -> None:
    where = send(sender, CSV, name or "-").headers["Location"]
    page = sender.get(where).text
    shown = re.search(r"<dd><bdi>(.*?)</bdi>", page)
    assert shown and len(shown[1]) <= 200 and not re.search(r"[<>=\u202e]", shown[1])


def test_a_connection_that_breaks_off_leaves_nothing(idp: Idp) -> None:
    """At a real server: half of the file, and then the line goes dead."""
    colleague = Colleague(idp, "supervisor")
    page = colleague.go(NEW)
    action = re.search(r'action="([^"]+)"', page.text.split("<main")[1])
    assert action
    host, port = "localhost", int(idp.issuer.rpartition(":")[2])
    cookies = "; ".join(f"{name}={value}" for name, value in colleague.browser.cookies.items())
    head = f"POST {action[1]} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookies}\r\nContent-Length: 1000000\r\n"
    with socket.create_connection((host, port), 10) as line:
        line.sendall((head + "Content-Type: multipart/form-data; boundary=zq\r\n\r\n").encode() + part(CSV))
        line.shutdown(socket.SHUT_WR)
        answer = line.makefile("rb").read()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert "まだ取り込みはありません" in colleague.browser.go("/console/contracts").text
