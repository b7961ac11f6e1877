"""Odd requests by kind: what stands before and after the Host line. Those in `DOUBTFUL` leave open where they end."""

from tests.input.test_raw_sockets import CHUNKED, END, FORM, GARBAGE, REFUSED

Odd = tuple[bytes, bytes]
POST = b"POST /token HTTP/1.1"
INNER = b"GET /health/live HTTP/1.1\r\n\r\n"

DOUBTFUL: dict[str, Odd] = {
    **{name: (line + b" HTTP/1.1", rest) for name, (line, rest, statuses) in REFUSED.items() if not statuses & {413, 421}},
    "CL.TE": (POST, FORM + b"Content-Length: 6\r\n" + CHUNKED + END + b"0\r\n\r\nX"),
    "TE.CL": (POST, FORM + CHUNKED + b"Content-Length: 4\r\n" + END + b"5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n"),
    "chunks with a space before the colon": (POST, FORM + b"Content-Length: 5\r\nTransfer-Encoding : chunked\r\n" + END + b"0\r\n\r\n"),
    "chunks behind a tab": (POST, FORM + b"Content-Length: 5\r\nTransfer-Encoding:\x0bchunked\r\n" + END + b"0\r\n\r\n"),
    "chunks behind a bare line feed": (POST, FORM + b"Content-Length: 5\r\nX: y\nTransfer-Encoding: chunked\r\n" + END + b"0\r\n\r\n"),
    "chunks and cows": (POST, FORM + b"Content-Length: 5\r\n" + CHUNKED + b"Transfer-encoding: cow\r\n" + END + b"0\r\n\r\n"),
    "chunks, quoted": (POST, FORM + b'Content-Length: 5\r\nTransfer-Encoding: "chunked"\r\n' + END + b"0\r\n\r\n"),
    "chunks in HTTP/1.0": (b"POST /token HTTP/1.0", FORM + CHUNKED + b"Connection: keep-alive\r\n" + END + b"0\r\n\r\n"),
    "a chunk of 2^68 bytes": (POST, FORM + CHUNKED + END + b"fffffffffffffffff\r\na=b\r\n0\r\n\r\n"),
    "a chunk of 0x3 bytes": (POST, FORM + CHUNKED + END + b"0x3\r\na=b\r\n0\r\n\r\n"),
    "a chunk of _3 bytes": (POST, FORM + CHUNKED + END + b"_3\r\na=b\r\n0\r\n\r\n"),
    "a length of 1e1": (POST, FORM + b"Content-Length: 1e1\r\n" + END),
    "a length below nothing": (POST, FORM + b"Content-Length: -1\r\n" + END),
    "a length and its like": (POST, FORM + b"Content-Length: 0\r\nContent-length: 40\r\n" + END),
    "a folded length": (POST, FORM + b"Content-Length:\r\n 40\r\n" + END),
    "a header without a name": (b"GET / HTTP/1.1", b": x\r\n" + END),
    "a header without a colon": (b"GET / HTTP/1.1", b"Content-Length 40\r\n" + END),
    "NUL in the path": (b"GET /\0 HTTP/1.1", END),
    "NUL in a name": (b"GET / HTTP/1.1", b"X\0A: b\r\n" + END),
    "two spaces in the first line": (b"GET  /  HTTP/1.1", END),
    "a thousand headers": (b"GET / HTTP/1.1", b"".join(b"X-%d: a\r\n" % n for n in range(1_000)) + END),
    "headers of 100 KB": (b"GET / HTTP/1.1", b"".join(b"X-%d: " % n + b"a" * 2_000 + b"\r\n" for n in range(50)) + END),
}
# beyond doubt about their end: what follows is a request of its own, or nothing
CLEAR: dict[str, Odd] = {
    "chunks with extensions": (POST, FORM + CHUNKED + END + b'3;a=b;c="d"\r\na=b\r\n0;e\r\n\r\n'),
    "chunks one byte each": (POST, FORM + CHUNKED + END + b"1\r\na\r\n1\r\n=\r\n1\r\nb\r\n0\r\n\r\n"),
    "a trailer": (POST, FORM + CHUNKED + END + b"3\r\na=b\r\n0\r\nX-A: b\r\n\r\n"),
    "a wish to go on": (POST, FORM + b"Expect: 100-continue\r\nContent-Length: 3\r\n" + END + b"a=b"),
    "a wish for HTTP/2": (b"GET /jwks HTTP/1.1", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n" + END),
    "a wish for a websocket": (b"GET /jwks HTTP/1.1", b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + END),
    "a request as a body": (b"GET /jwks HTTP/1.1", b"Content-Length: %d\r\n" % len(INNER) + END + INNER),
    "a body for HEAD": (b"HEAD /jwks HTTP/1.1", b"Content-Length: 3\r\n" + END + b"a=b"),
    "headers of the way to drop": (b"GET /jwks HTTP/1.1", b"Connection: Host, Content-Length, keep-alive\r\nTE: trailers\r\n" + END),
}
# whole connections
BARE: dict[str, bytes] = {**GARBAGE, "HTTP/0.9": b"GET /login\r\n", "HTTP/0.9 with more": b"GET /login\r\nHost: a\r\n\r\n", "empty lines": b"\r\n" * 50 + b"x\r\n\r\n"}
