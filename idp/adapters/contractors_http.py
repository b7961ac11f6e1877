"""Contract records as the operator's live customer system, asked over HTTP."""

import json
from typing import Any, Mapping
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from idp.config import LOOPBACK_NAMES
from idp.domain.contract import askable
from idp.ports import ContractMatch, Unavailable

TIMEOUT = 3.0  # seconds: to connect, and between two pieces of the answer
MAX_ANSWER, MAX_PIECES = 16_384, 8  # an answer that drips has ended after eight pieces
_NAME = "customer system"


class _Bearer(AuthBase):
    """RFC 6750 section 2.1; as `auth`, so that no .netrc replaces it."""

    def __init__(self, token: str):
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class HttpContractors:
    """`Contractors` by POST to `url` with a bearer token. Raises ValueError for settings that cannot be used.

    Sent: `{"facts": {"customer_number": "00-1234567", "kana_name": "ヤマダ ハナコ"}}`, as the member typed them; the
    customer system folds them as it folds its own records. Answered, with status 200: `{"match": null}`, or
    `{"match": {"contractor_id": "1234567", "contract_type": "individual"}}`, the type being that or "corporate".
    Anything else counts as no answer. The id is at most 64 printable ASCII characters and stays the same for a
    contract. No facts at all, `{"facts": {}}`, is how health checks ask; the answer is `{"match": null}`.
    """

    def __init__(self, url: str, token: str, timeout: float = TIMEOUT):
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES)
        if not parts.hostname or not secure:
            raise ValueError("the customer system's address starts with https://")
        self._url, self._auth, self._timeout = url, _Bearer(token), timeout

    def match(self, facts: Mapping[str, str]) -> ContractMatch | None:
        """See `idp.ports.Contractors`."""
        return self._ask(facts) if askable(facts) else None

    def ping(self) -> None:
        """See `idp.ports.Contractors`."""
        if self._ask({}) is not None:
            raise Unavailable(_NAME)

    def _ask(self, facts: Mapping[str, str]) -> ContractMatch | None:
        body = json.dumps({"facts": dict(facts)}).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        try:
            # a redirect would carry the facts to somebody else
            with requests.post(
                self._url, body, headers=headers, auth=self._auth, timeout=self._timeout, stream=True, allow_redirects=False
            ) as answer:
                if answer.status_code != 200:
                    raise Unavailable(_NAME)
                return _read(_body(answer))
        except (requests.RequestException, HTTPError, OSError, ValueError, RecursionError) as error:
            raise Unavailable(_NAME) from error


def _body(answer: requests.Response) -> bytes:
    """The whole body; ValueError if it is too long or comes in too many pieces."""
    body = b""
    for _ in range(MAX_PIECES):
        piece = answer.raw.read1(MAX_ANSWER + 1 - len(body))
        body += piece
        if not piece:
            return body
        if len(body) > MAX_ANSWER:
            break
    raise ValueError("answer too long")


def _read(body: bytes) -> ContractMatch | None:
    """What the answer says; ValueError if it says something else."""
    answer: Any = json.loads(body.decode())
    if not isinstance(answer, dict) or "match" not in answer:
        raise ValueError("no match in the answer")
    match = answer["match"]
    if match is None:
        return None
    if not isinstance(match, dict):
        raise ValueError("match is no object")
    contractor_id, contract_type = match.get("contractor_id"), match.get("contract_type")
    named = isinstance(contractor_id, str) and 1 <= len(contractor_id) <= 64 and contractor_id.isascii() and contractor_id.isprintable()
    if not named or contract_type not in ("individual", "corporate"):
        raise ValueError("contractor_id or contract_type is wrong")
    return ContractMatch(contractor_id, contract_type, contract_key=contractor_id)
