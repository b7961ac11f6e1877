"""A small file system of its own that can be filled to the last byte."""

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Iterator


@contextlib.contextmanager
def mounted(folder: Path, mib: int) -> Iterator[bool]:
    """A new folder with a file system of this size, if this user may make one; else a folder only."""
    folder.mkdir(mode=0o755)
    made = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0755", "none", str(folder)], capture_output=True).returncode == 0
    try:
        yield made
    finally:
        if made:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """Not a byte is left on its file system."""
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            for block in (1 << 20, 4096):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"\0" * block)
            yield
        finally:
            filler.unlink()
