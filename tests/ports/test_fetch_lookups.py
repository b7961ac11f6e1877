"""The fetcher's threads when the system's resolver does not answer."""

import threading

import pytest

from idp.adapters.fetch import LOOKUPS, SafeFetcher
from idp.ports import Unavailable


def test_of_resolvers_that_hang_few_are_left_behind() -> None:
    go, begun = threading.Event(), list[str]()

    def hang(host: str, port: int) -> list[str]:
        begun.append(host)
        go.wait(20)
        return []

    fetcher = SafeFetcher(False, hang, seconds=0.1)
    for number in range(LOOKUPS + 5):
        with pytest.raises(Unavailable):
            fetcher.get(f"https://portal{number}.example/", "*/*")
    assert begun == [f"portal{number}.example" for number in range(LOOKUPS)]
    go.set()
    for thread in threading.enumerate():
        if thread.name == "resolve":
            thread.join()
    with pytest.raises(Unavailable, match="no address"):
        fetcher.get("https://portal.example/", "*/*")
