"""`idp serve`, `idp demo`, `idp courier`: the long-running processes."""

import contextlib
import ctypes
import gc
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import click

from idp import config
from idp.cli.check import outdated
from idp.config import Settings

# objects before the garbage collector looks for rings among them: requests leave few, and each look reads them all
YOUNG = 10_000
MAX_REQUESTS = 20_000  # after so many, give or take a tenth, a worker makes room for a new one
M_ARENA_MAX = -8  # malloc.h


def _gunicorn_options(settings: Settings) -> dict[str, Any]:
    from idp.cli.workers import Log, worker_class  # gunicorn is slow to import

    server = settings.server
    return {
        "bind": server.bind,
        "workers": server.workers,
        "threads": server.threads,
        "worker_class": worker_class(settings),
        "logger_class": Log,
        "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,
        "timeout": 30,
        "graceful_timeout": 20,
        "keepalive": 5,
        "max_requests": MAX_REQUESTS,
        "max_requests_jitter": MAX_REQUESTS // 10,
        "preload_app": True,
        # authorization requests are long
        "limit_request_line": 8_190,
        "limit_request_fields": 60,
        "limit_request_field_size": 8_190,
        # our own log has the request; gunicorn's would hold codes and login hints
        "accesslog": None,
        "loglevel": "warning",
        # the control socket of one instance deletes that of another under the same user
        "control_socket_disable": True,
        # a name with "_" could pass for one with "-" (requirement IP-06)
        "header_map": "refuse",
        # who may be believed is decided by [server] trusted_proxies
        "forwarded_allow_ips": "",
    }


def _refuse_taken(bind: str) -> None:
    """Say at once that the address cannot be listened on; gunicorn would try five times and write a log of it."""
    from gunicorn.util import parse_address

    from idp.cli.common import Refused

    address = parse_address(bind)
    if isinstance(address, tuple):
        try:
            socket.create_server(address, family=socket.AF_INET6 if ":" in address[0] else socket.AF_INET).close()
        except OSError as error:
            reason = str(error.strerror).partition(" (")[0]
            raise Refused(f"[server] bind: {bind} cannot be listened on: {reason}.") from None


def run_server(settings: Settings, base: Path, with_demo: bool) -> None:
    """Serve until SIGTERM or SIGINT; the courier runs beside the workers unless the settings say otherwise."""
    # prometheus_client reads this variable when it is first imported
    shared = Path(tempfile.mkdtemp(prefix="idp-metrics-"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(shared)
    from gunicorn.app.base import BaseApplication

    from idp import app, parts
    from idp.cli.beside import Beside, Master
    from idp.cli.common import plainly
    from idp.services import logs, metrics

    logs.configure(json=not sys.stderr.isatty())
    if old := outdated():
        raise click.ClickException(" ".join(old) + " Install the versions that setup.cfg names.")
    _refuse_taken(settings.server.bind)
    with plainly():
        deps = parts.open_deps(settings, base)
        house = app.build(deps)
    wrap, lines = _demo(deps, house) if with_demo else (lambda inner: inner, [f"idp serves {settings.issuer}"])
    wsgi = app.create_wsgi(house, wrap)
    with plainly():
        # after the sample data: what the workers inherit must know the sample portal
        house.keyring.warm()
        house.clients.warm()
    helper = Beside([sys.executable, "-m", "idp", "courier", "--beside", str(os.getpid())]) if settings.server.courier else None

    class Server(BaseApplication):
        def load_config(self) -> None:
            for key, value in _gunicorn_options(settings).items():
                self.cfg.set(key, value)
            self.cfg.set("post_fork", lambda arbiter, worker: parts.after_fork(deps))
            self.cfg.set("child_exit", lambda arbiter, worker: metrics.worker_gone(worker.pid))
            self.cfg.set("when_ready", lambda arbiter: click.echo("\n".join(lines)))
            self.cfg.set("on_exit", lambda arbiter: _stopped(helper, shared))

        def load(self) -> Any:
            return wsgi

        def run(self) -> None:
            Master(self, helper).run()

    # what was opened before the fork stays with the parent; what was made before is shared with it, and not looked through
    deps.database.close()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    _share_one_heap()
    Server().run()


def _share_one_heap() -> None:
    """glibc gives every thread a heap, where what is freed is of no use to the others: a worker is 5 MiB larger by it, and grows."""
    with contextlib.suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def _stopped(helper: Any, shared: Path) -> None:
    if helper:
        helper.stop()
    shutil.rmtree(shared, ignore_errors=True)


def _demo(deps: Any, house: Any) -> tuple[Any, list[str]]:
    from idp.demo import mount

    return mount.mount(deps, house)


@click.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Serve members and portals: the web workers, and a courier beside them.

    \b
    Settings come from --config FILE, $IDP_CONFIG or config.toml.
    Set [server] courier = false where `idp courier` runs by itself.
    Stop with Ctrl-C or SIGTERM: requests under way are finished first.
    """
    _with_config(ctx)
    settings, base = config.load(ctx.obj)
    run_server(settings, base, with_demo=False)


@click.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Serve with sample contracts, sample members and a sample portal at /demo.

    \b
    Nothing needs to be prepared: everything is kept in files under var/,
    and a second start keeps the data. /demo/outbox shows mail and SMS sent.
    Not for production: the sample passwords are public.
    """
    _with_config(ctx)
    settings, base = config.load(ctx.obj)
    if not settings.loopback:
        raise click.ClickException("The demo runs on localhost only; set issuer to http://localhost:8000 or use: idp serve")
    run_server(settings, base, with_demo=True)


def _with_config(ctx: click.Context) -> None:
    """Let the courier process beside us read the same settings."""
    if ctx.obj:
        os.environ["IDP_CONFIG"] = str(Path(ctx.obj).resolve())


def _stop_without(parent: int, stop: threading.Event) -> None:
    """Set `stop` once `parent` is not our parent any more: killed, it can stop nobody."""
    while os.getppid() == parent and not stop.wait(1):
        pass
    stop.set()


@click.command()
@click.option("--beside", type=int, hidden=True, help="Stop when this process is gone.")
@click.pass_context
def courier(ctx: click.Context, beside: int | None) -> None:
    """Send waiting mail and SMS until stopped. Several couriers may run at once."""
    from idp import courier as postman
    from idp.cli.common import opened
    from idp.services import logs, switches

    logs.configure(json=not sys.stderr.isatty())
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    if beside:
        threading.Thread(target=_stop_without, args=(beside, stop), daemon=True).start()
    with opened(ctx) as deps:
        postman.run(deps, postman.open_mail(deps.settings), postman.open_sms(deps.settings, switches.second_first(deps)), stop)
