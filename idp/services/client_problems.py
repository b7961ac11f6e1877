"""What is wrong with the metadata of a client: for machines in one language (RFC 7591 section 3.2.2), for pages in theirs."""

from typing import Any, Iterator, Sequence

from idp.domain.problem import Problem, known


class Rejected(Exception):
    """Metadata that cannot be registered; `problems` are plain sentences (RFC 7591 section 3.2.2), each of which begins with
    the name that it is about; `said` are the same as (name, problem) for pages, "" for the metadata as a whole."""

    def __init__(self, said: Sequence[tuple[str, Problem]], problems: list[str] | None = None):
        self.said = tuple(said)
        self.problems = problems or [f"{name}: {problem}." if name else f"{problem}." for name, problem in said]
        super().__init__(" ".join(self.problems))


def sentence(messages: Any) -> str:
    """What marshmallow found about one name, as one sentence without its full stop."""
    if isinstance(messages, dict):
        return "; ".join(sentence(value) for value in messages.values())
    return "; ".join(str(message).rstrip(".") for message in messages) if isinstance(messages, list) else str(messages)


def leaves(messages: Any) -> Iterator[Problem]:
    """Every sentence in what marshmallow found."""
    if isinstance(messages, dict):
        for value in messages.values():
            yield from leaves(value)
    else:
        for one in messages if isinstance(messages, list) else [messages]:
            yield known(one) or Problem("other", "{words}", words=str(one).rstrip("."))
