"""What the journeys are made of: an installation, its people and portals, what may be pressed, and what a code brought."""

import atexit
import functools
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.input.inside import Inside

STEPS = 30
MEMBERS = ("hanako", "coded")
CLIENTS = ("portal", "third", "app")
PATHS = ("/", "/login", "/account/password", "/account/second-factor", "/recovery?kind=pw", "/register", "/logout", "/device")
BUTTONS: tuple[dict[str, str], ...] = (
    {}, {}, {"action": "continue"}, {"action": "cancel"}, {"action": "resend"}, {"action": "verify"}, {"answer": "yes"}, {"answer": "no"},
    {"remember": "yes"},
)  # fmt: skip
NEW = "Kx7mQ2vnHimawari"
LATE = 9.0  # seconds: an answer that was lost may be asked for again until about then


@functools.cache
def installation() -> Inside:
    """The one of this process."""
    folder = Path(tempfile.mkdtemp(prefix="idp-fuzz-"))
    atexit.register(shutil.rmtree, folder, True)
    return Inside(folder)


@dataclass
class Redeemed:
    """What a code brought: a grant of a member, with its refresh tokens in their order."""

    form: dict[str, str]
    client: str
    name: str
    tokens: list[str] = field(default_factory=list)
    dead: bool = False
    used_at: float = 0.0
