"""The files that belong to the project: what git tracks, and what is about to be added."""

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
        names = [str(path.relative_to(TOP)) for path in TOP.rglob("*") if not {".venv", ".cache", "__pycache__", "var"} & set(path.parts)]
    return tuple(sorted(name for name in names if name and (TOP / name).is_file()))
