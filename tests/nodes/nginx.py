"""nginx as `idp print nginx` prints it, in front of several nodes."""

import contextlib
import re
import socket
from pathlib import Path
from typing import Iterator

from click.testing import CliRunner

from idp import cli
from tests import services


def _ours(text: str, folder: Path, port: int, plain: int) -> str:
    """What was printed, with the ports and the folder of a test, and without the limits per address: one makes all the load."""
    text = re.sub(r"(?m)^ *(listen \[::\]|limit_req|limit_conn)\b.*\n", "", text)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};").replace(f"listen {port} ", f"listen 127.0.0.1:{port} ")
    return text.replace("/var/log/nginx", str(folder))


@contextlib.contextmanager
def in_front(config: Path, folder: Path, port: int, chain: Path, nodes: tuple[int, ...]) -> Iterator[None]:
    """nginx on this port, with the certificate and key of `chain`, until the end of the block."""
    named = [word for node in nodes for word in ("--node", f"127.0.0.1:{node}")]
    done = CliRunner().invoke(cli.root, ["--config", str(config), "print", "nginx", "--certificate", str(chain), "--key", str(chain), *named])
    assert done.exit_code == 0, done.output
    (folder / "idp.conf").write_text(_ours(done.output, folder, port, services.free_port()))
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors.log; events {{}}\nhttp {{ {temporary} include {folder}/idp.conf; }}\n"
    )
    command = [services.program("nginx", "nginx-light", "/usr/sbin/nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    with services.process(command, folder / "nginx.log", lambda: socket.create_connection(("127.0.0.1", port)).close()):
        yield
