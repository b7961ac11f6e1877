"""`idp check` really tries every part: all well, and each part bad in turn while the others stay well."""

import http.server
import re
import threading
from pathlib import Path
from typing import Iterator

import pytest
from click.testing import CliRunner

from idp import cli, migrations
from tests.cli.shell import idp, plain
from tests.ports.smtp_server import Inbox, smtp_server
from tests.running import policy_text
from tests.services import free_port, private_folder, redis_server

PARTS = ["settings", "libraries", "texts", "templates", "policy", "password hash", "secrets", "database", "schema", "ephemeral store", "mail", "sms", "contract records", "signing keys", "clock"]
GATEWAY = '[sms.gateway]\nbody = "to={to}&text={body}"\n'
TWO = '[sms]\nurl = "http://127.0.0.1:{1}/"\n' + GATEWAY + GATEWAY.replace("gateway]", 'fallback]\nurl = "http://127.0.0.1:{2}/"')
SNS = '[sms]\nurl = "http://127.0.0.1:{good}/"\n[sms.gateway]\nprofile = "sns"\nuser = "a"\npassword = "b"\n'


def check(folder: Path) -> tuple[int, dict[str, str]]:
    """The exit code and what is said of each part."""
    done = CliRunner().invoke(cli.root, ["--config", str(folder / "config.toml"), "check"], prog_name="idp")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert not re.search(r"Traceback|SELECT|sqlalche|object at", done.output), done.output
    rows = re.findall(r"(?m)^(ok   |FAIL ) ([a-z ]+?)(?:: (.*))?$", done.output)
    return done.exit_code, {name: (state.strip() + " " + said).strip() for state, name, said in rows}


def bad(folder: Path) -> dict[str, str]:
    """The parts that fail, with what is said of them; the exit code must agree."""
    code, said = check(folder)
    assert list(said) == PARTS
    found = {name: text.removeprefix("FAIL ") for name, text in said.items() if text.startswith("FAIL")}
    assert code == (1 if found else 0)
    return found


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installation that has been migrated."""
    folder = tmp_path_factory.mktemp("sound")
    (folder / "config.toml").write_text("")
    assert CliRunner().invoke(cli.root, ["--config", str(folder / "config.toml"), "migrate"]).exit_code == 0
    return folder


def test_all_is_well(sound: Path) -> None:
    (sound / "config.toml").write_text("")
    assert bad(sound) == {}
    code, said = check(sound)
    assert said["schema"].startswith("ok step ") and said["signing keys"] == "ok ES256, EdDSA, PS256, RS256"
    assert "s from the database's" in said["clock"]
    assert re.fullmatch(r"ok [0-9]+ ms with time_cost = 2(; this machine can afford time_cost = [0-9]+ \(50 ms\) in .*)?", said["password hash"])


# (settings, the one part that fails, why)
BROKEN = {
    "mail server away": ('[mail]\nurl = "smtp://127.0.0.1:{port}?tls=none"\n', "mail", r"mail server: ConnectionRefusedError.*refused"),
    "mail folder a file": ('[mail]\nurl = "folder:config.toml"\n', "mail", r"folder: "),
    "mail address senseless": ('[mail]\nurl = "smtp://"\n', "mail", r"mail\.url: "),
    "sms gateway away": ('[sms]\nurl = "http://127.0.0.1:{port}/"\n' + GATEWAY, "sms", r"sms gateway.*"),
    "the first of two sms gateways away": (TWO.replace("{1}", "{port}").replace("{2}", "{good}"), "sms", r"gateway: sms gateway: ConnectionError$"),
    "the second of two sms gateways away": (TWO.replace("{1}", "{good}").replace("{2}", "{port}"), "sms", r"fallback: sms gateway: ConnectionError$"),
    "both sms gateways away": (TWO.replace("{1}", "{port}").replace("{2}", "{port}"), "sms", r"gateway: .*; fallback: .*"),
    "sms fallback without a template": ('[sms]\nurl = "http://127.0.0.1:{good}/"\n' + GATEWAY + '[sms.fallback]\nurl = "https://sms.example.jp/"\n', "sms", r"sms\.fallback: gateway\.body must hold"),
    "sms at Amazon without a region": (SNS, "sms", r"sms\.gateway: .*gateway\.region"),
    "sms without a template": ('[sms]\nurl = "http://127.0.0.1:{port}/"\n', "sms", r"gateway\.body must hold"),
    "sms folder a file": ('[sms]\nurl = "folder:config.toml"\n', "sms", r"folder: "),
    "customer system away": ('[contractors]\nurl = "http://127.0.0.1:{port}/"\n', "contract records", r"customer system.*"),
    "customer system nowhere": ('[contractors]\nurl = "https://"\n', "contract records", r"contractors\.url: "),
    "Redis away": ('[ephemeral]\nurl = "redis://127.0.0.1:{port}/0"\n', "ephemeral store", r"ephemeral store .*refused"),
    "Redis senseless": ('[ephemeral]\nurl = "redis+sentinel://"\n', "ephemeral store", r"ephemeral\.url: "),
    "ephemeral file a folder": ('[ephemeral]\nurl = "sqlite:///."\n', "ephemeral store", r"ephemeral store .*"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_part_that_does_not_work_fails_alone_and_says_why(sound: Path, gateway: str, kind: str) -> None:
    text, part, why = BROKEN[kind]
    good = gateway.rpartition(":")[2].rstrip("/")
    (sound / "config.toml").write_text(text.replace("{port}", str(free_port())).replace("{good}", good))
    found = bad(sound)
    assert part in found and re.search(why, found[part]), found
    # the keys are read as the service reads them, which opens every part but mail and SMS
    assert set(found) <= {part, "signing keys"}


def test_a_database_that_is_away_fails_with_all_that_stands_in_it(sound: Path) -> None:
    (sound / "config.toml").write_text(f'[database]\nurl = "postgresql://x:geheim@127.0.0.1:{free_port()}/x"\n')
    found = bad(sound)
    assert set(found) == {"database", "schema", "contract records", "signing keys", "clock"}
    assert "refused" in found["database"] and "geheim" not in str(found)


def test_a_database_without_tables_wants_to_be_migrated(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    found = bad(tmp_path)
    assert found["schema"] == f"at step none, this version wants {migrations.head()}; run: idp migrate"
    assert set(found) == {"schema", "contract records", "signing keys"}


def test_a_policy_that_its_examples_belie_fails(sound: Path) -> None:
    (sound / "policy.toml").write_text(policy_text({"password": {"min": "9"}}))
    (sound / "config.toml").write_text('policy = "./policy.toml"\n')
    assert "mend the rule or the example" in bad(sound)["policy"]


class _Gateway(http.server.BaseHTTPRequestHandler):
    """Answers everything with 204, or with what the test says."""

    status = 204

    def do_HEAD(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def do_POST(self) -> None:
        body = b'{"match": null}'
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[str]:
    """A gateway and customer system in one."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Gateway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_outside_parts_that_work_are_well(sound: Path, gateway: str, redis_url: str, fresh_postgres: str) -> None:
    with smtp_server(Inbox()) as port:
        (sound / "config.toml").write_text(
            f'[database]\nurl = "{fresh_postgres}"\n[ephemeral]\nurl = "{redis_url}"\n[mail]\nurl = "smtp://127.0.0.1:{port}?tls=none"\n'
            f'[contractors]\nurl = "{gateway}"\n[sms]\nurl = "{gateway}"\n{GATEWAY}'
            + GATEWAY.replace("gateway]", f'fallback]\nurl = "{gateway}"')
        )
        assert CliRunner().invoke(cli.root, ["--config", str(sound / "config.toml"), "migrate"]).exit_code == 0
        assert bad(sound) == {}


MISTAKES = {"maxmemory-policy": "allkeys-lru", "save": "60 1", "appendonly": "yes"}


@pytest.mark.parametrize("setting", MISTAKES)
def test_a_redis_that_forgets_or_keeps_too_much_is_named(sound: Path, setting: str) -> None:
    with private_folder() as folder, redis_server(folder, f"--{setting}", MISTAKES[setting]) as url:
        (sound / "config.toml").write_text(f'[ephemeral]\nurl = "{url}"\n')
        found = bad(sound)
    assert list(found) == ["ephemeral store"] and setting in found["ephemeral store"]


def test_a_library_with_known_holes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Flask-1.0.dist-info").mkdir()
    (tmp_path / "Flask-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: Flask\nVersion: 1.0\n")
    top = str(Path(__file__).parents[2])
    said = plain(idp(tmp_path, "check", PYTHONPATH=f"{tmp_path}:{top}"))
    assert "FAIL  libraries: flask 1.0 is too old; at least 3.1.3 is needed." in said
    done = idp(tmp_path, "serve", PYTHONPATH=f"{tmp_path}:{top}")
    assert done.returncode == 1 and "flask 1.0 is too old" in plain(done) and len(plain(done).splitlines()) == 1


def test_in_the_shell_the_exit_code_says_it(tmp_path: Path) -> None:
    assert idp(tmp_path, "migrate").returncode == 0
    assert idp(tmp_path, "check").returncode == 0
    (tmp_path / "config.toml").write_text(f'[ephemeral]\nurl = "redis://127.0.0.1:{free_port()}/0"\n')
    done = idp(tmp_path, "check")
    assert done.returncode == 1 and "part(s) must be mended." in plain(done)
