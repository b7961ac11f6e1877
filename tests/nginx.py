"""nginx as `idp print nginx` prints it, in front of one or several nodes."""

import contextlib
import re
import socket
import subprocess
from pathlib import Path
from typing import Iterator

from click.testing import CliRunner

from idp import cli
from tests import services

# one address makes all the load of a test
LIMITS = re.compile(r"(?m)^ *limit_(?:req|conn)\b.*\n")


def printed(config: Path, *arguments: str, code: int = 0) -> str:
    """What `idp print` says."""
    done = CliRunner().invoke(cli.root, ["--config", str(config), "print", *arguments])
    assert done.exit_code == code and not re.search(r"@[a-z_]+@", done.output), done.output
    return done.output


def _here(text: str, folder: Path, port: int, plain: int) -> str:
    """What was printed, with the ports and the folder of a test."""
    text = re.sub(r"(?m)^ *listen \[::\].*\n", "", text).replace("/var/log/nginx", str(folder))
    return text.replace("listen 80;", f"listen 127.0.0.1:{plain};").replace(f"listen {port} ", f"listen 127.0.0.1:{port} ")


@contextlib.contextmanager
def in_front(config: Path, port: int, chain: Path, *nodes: int, limits: bool = True) -> Iterator[None]:
    """nginx on this port, with the certificate and key of `chain`, until the end of the block; its files lie beside `config`.
    `nodes`: the ports of several; `limits`: those per address as printed, or none."""
    folder, named = config.parent, [word for node in nodes for word in ("--node", f"127.0.0.1:{node}")]
    text = printed(config, "nginx", "--certificate", str(chain), "--key", str(chain), *named)
    (folder / "idp.conf").write_text(_here(text if limits else LIMITS.sub("", text), folder, port, services.free_port()))
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors.log; events {{}}\nhttp {{ {temporary} include {folder}/idp.conf; }}\n"
    )
    command = [services.program("nginx", "nginx-light", "/usr/sbin/nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert tried.returncode == 0 and "[warn]" not in tried.stderr, tried.stderr
    with services.process(command, folder / "nginx.log", lambda: socket.create_connection(("127.0.0.1", port)).close()):
        yield
