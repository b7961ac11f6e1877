"""The files that belong to the project: what git tracks, and what is about to be added."""

import re
import subprocess
from functools import cache
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


@cache
def files() -> tuple[str, ...]:
    """Paths from the top, with slashes; in an unpacked archive without git, everything but caches."""
    try:
        command = ["git", "-C", str(TOP), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        made = re.compile(r"(^|/)(\.(?!ci/|gitignore$)[^/]*|__pycache__|var|build|dist|[^/]*\.egg-info)(/|$)")
        names = [name for path in TOP.rglob("*") if not made.search(name := path.relative_to(TOP).as_posix())]
    return tuple(sorted(name for name in names if name and (TOP / name).is_file()))
