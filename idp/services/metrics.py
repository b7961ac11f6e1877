"""Counters for Prometheus, shared by all worker processes through the directory in PROMETHEUS_MULTIPROC_DIR, which
must be set before this module is imported."""

import os
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

_SIGN_INS = Counter("idp_sign_ins_total", "Sign-in attempts by outcome", ["outcome"])
_TOKENS = Counter("idp_tokens_issued_total", "Token responses by grant", ["grant"])
_CODES = Counter("idp_codes_total", "Codes typed by method and outcome", ["method", "outcome"])
_DURATION = Histogram(
    "idp_request_seconds",
    "Time to answer by kind of endpoint and status class",
    ["kind", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
OUTCOMES = ("ok", "wrong", "locked", "limited", "suspended", "letter_expired", "friction")
for _outcome in OUTCOMES:
    _SIGN_INS.labels(_outcome)  # at 0 from the start: Prometheus sees no rise from nothing to one


def sign_in(outcome: str) -> None:
    """Count one sign-in attempt by one of `OUTCOMES`."""
    _SIGN_INS.labels(outcome).inc()


def code_checked(method: str, outcome: str) -> None:
    """Count one code that was typed: ok, wrong, expired, locked, format; `method` may be unknown where it was wrong."""
    _CODES.labels(method, outcome).inc()


def token_issued(grant: str) -> None:
    """Count one successful token response."""
    _tokens(grant).inc()


@cache
def _tokens(grant: str) -> Any:
    return _TOKENS.labels(grant)


def answered(kind: str, status: int, seconds: float) -> None:
    """Note how long one answer took; `kind` is pages or machine."""
    _DURATION.labels(kind, f"{status // 100}xx").observe(seconds)


def worker_gone(pid: int) -> None:
    """Forget the gauges of a worker that has ended."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(pid)


def exposition(now: dict[str, float]) -> bytes:
    """Everything counted by all workers, and the gauges in `now`, in Prometheus text format."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.MultiProcessCollector(registry)
    gauges: Any = CollectorRegistry()
    for name, value in now.items():
        Gauge(name, name.replace("_", " "), registry=gauges).set(value)
    return generate_latest(registry) + generate_latest(gauges)
