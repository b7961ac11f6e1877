"""A DNS server on a loopback port that answers, lies or is silent, as it is told."""

import contextlib
import socket
import struct
import threading
from typing import Callable, Iterator

import dns.message
import dns.rrset

Answer = Callable[[bytes], list[bytes]]


def txt(records: dict[str, list[str]]) -> Answer:
    """Answers that hold these TXT records by name; NXDOMAIN for other names."""

    def answer(query: bytes) -> list[bytes]:
        asked = dns.message.from_wire(query)
        reply = dns.message.make_response(asked)
        name = asked.question[0].name.to_text(omit_final_dot=True)
        if name not in records:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif records[name]:
            quoted = ['"' + '" "'.join(one[at : at + 200] for at in range(0, len(one), 200)) + '"' for one in records[name]]
            reply.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "TXT", *quoted))
        return [reply.to_wire(max_size=65_000)]

    return answer


def of_another(query: bytes) -> list[bytes]:
    """An answer to a question that nobody asked."""
    return [struct.pack("!H", (struct.unpack("!H", query[:2])[0] + 1) % 65_536) + query[2:]]


@contextlib.contextmanager
def serving(answer: Answer) -> Iterator[int]:
    """The port of a server that answers so, over UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        over = threading.Event()

        def run() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    query, back = server.recvfrom(4_096)
                    for one in answer(query):
                        server.sendto(one, back)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()
