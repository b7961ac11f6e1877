"""A settings file that cannot be used is refused at the start with the line to mend (OP-01)."""

import base64
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from idp import cli, config, toml_reader
from tests.cli.shell import HTTPS, SECRET, idp, plain
from tests.running import policy_text


def secret(raw: bytes, name: str = "first") -> str:
    """A line for [secrets] keys."""
    return f'"{name}:{base64.b64encode(raw).decode()}"'


GATEWAY, RECEIPT = '[sms]\nurl = "https://sms.example.jp/"\n[sms.gateway]\n', "[sms.gateway.receipt]\n"
# (what is in config.toml, the line to mend, what is said about it)
REFUSED = {
    "an unknown key": ('issuer = "http://localhost:8000"\nisuer = "x"\n', 2, r"isuer: this key is unknown"),
    "an unknown key in a section": ("[server]\nbind = \"127.0.0.1:1\"\nworker = 2\n", 3, r"server.worker: this key is unknown"),
    "an unknown section": ("[mail]\n[sever]\nworkers = 2\n", 2, r"sever: this key is unknown"),
    "text for a number": ('[server]\nworkers = "two"\n', 2, r"server.workers: .*integer"),
    "a fraction for a number": ("[server]\nworkers = 2.5\n", 2, r"server.workers: .*integer"),
    "a number for text": ("issuer = 7\n", 1, r"issuer: .*string"),
    "a number for a switch": ("[server]\ncourier = 1\n", 2, r"server.courier: write true or false"),
    "text for a list": ('[server]\nhosts = "a"\n', 2, r"server.hosts: .*list"),
    "a list of numbers": ("[server]\nhosts = [1]\n", 2, r"server.hosts.*string"),
    "a value for a section": ("server = 1\n", 1, r"server: "),
    "no workers": ("[server]\nworkers = 0\n", 2, r"server.workers: write a number from 1 to 64"),
    "too many threads": ("[server]\nthreads = 1000\n", 2, r"server.threads: write a number from 2 to 64"),
    "too many proxies": ("[server]\ntrusted_proxies = 9\n", 2, r"server.trusted_proxies: write a number from 0 to 8"),
    "a negative number": ("[server]\ntrusted_proxies = -1\n", 2, r"server.trusted_proxies: "),
    "no port": ('[server]\nbind = "localhost"\n', 2, r"server.bind: write address:port"),
    "a port that is none": ('[server]\nbind = "127.0.0.1:99999"\n', 2, r"server.bind: "),
    "a network that is none": ('[server]\nmetrics_from = ["10.0.0.1/8"]\n', 2, r"server.metrics_from: \"10.0.0.1/8\" is not a network"),
    "http in public": ('issuer = "http://id.example.jp"\n', 1, r"issuer: http is allowed only for localhost"),
    "http on a network of one's own": ('issuer = "http://10.0.0.1:8000"\n', 1, r"issuer: http is allowed only for localhost"),
    "http on a name that looks like loopback": ('issuer = "http://localhost.example.jp"\n', 1, r"issuer: http is allowed only"),
    "another scheme": ('issuer = "ftp://id.example.jp"\n', 1, r"issuer: write the public https address"),
    "no scheme": ('issuer = "id.example.jp"\n', 1, r"issuer: write the public https address"),
    "nothing": ('issuer = ""\n', 1, r"issuer: write the public https address"),
    "a slash at the end": ('issuer = "https://id.example.jp/"\n', 1, r"issuer: .*without a slash"),
    "a path": ('issuer = "https://id.example.jp/idp"\n', 1, r"issuer: .*without a path"),
    "a query": ('issuer = "https://id.example.jp?a=b"\n', 1, r"issuer: "),
    "a name and password": ('issuer = "https://a:b@id.example.jp"\n', 1, r"issuer: "),
    "capitals": ('issuer = "https://ID.example.jp"\n', 1, r"issuer: write the host in lower-case"),
    "Japanese letters": ('issuer = "https://日本.example.jp"\n', 1, r"issuer: write the host in lower-case ASCII"),
    "a port that is no number": ('issuer = "https://id.example.jp:x"\n', 1, r"issuer: "),
    "a broken bracket": ('issuer = "https://[::1"\n', 1, r"issuer: this is not a URL"),
    "a database of another kind": ('[database]\nurl = "mysql://x"\n', 2, r"database.url: start it with one of"),
    "a store of another kind": ('[ephemeral]\nurl = "memcached://x"\n', 2, r"ephemeral.url: start it with one of"),
    "mail of another kind": ('[mail]\nurl = "pigeon:"\n', 2, r"mail.url: start it with one of"),
    "a gateway in clear": ('[sms]\nurl = "http://gateway.example.jp"\n', 2, r"sms.url: start it with one of"),
    "a second gateway in clear": ('[sms.fallback]\nurl = "http://gateway.example.jp"\n', 2, r"sms.fallback.url: start it with one of"),
    "a second gateway behind a folder": ('[sms.fallback]\nurl = "https://gateway.example.jp"\n', 2, r"sms.fallback.url: sms.url is a folder"),
    "a profile that there is not": (f'{GATEWAY}profile = "twillio"\n', 4, r"sms.gateway.profile: the profile is generic or one of twilio, karaden, sns"),
    "a body beside a profile": (f'{GATEWAY}profile = "twilio"\nbody = "x"\n', 4, r"sms.gateway.profile: the profile twilio has its own body"),
    "a short secret for receipts": (f'{GATEWAY}profile = "twilio"\n{RECEIPT}secret = "short"\n', 6, r"sms.gateway.receipt.secret: write at least 16"),
    "a signature that there is not": (f'{GATEWAY}{RECEIPT}signature = "rsa"\n', 5, r"sms.gateway.receipt.signature: write one of secret, twilio"),
    "a header that is none": (f'{GATEWAY}{RECEIPT}header = "X Key"\n', 5, r"sms.gateway.receipt.header: write the name of one header"),
    "an outcome that there is not": (f'{GATEWAY}{RECEIPT}outcomes = {{ OK = "good" }}\n', 5, r"receipt.outcomes: \"good\" is no outcome; write accepted"),
    "receipts without fields": (f'{GATEWAY}{RECEIPT}secret = "{"s" * 16}"\nid_field = "id"\n', None, r"sms.gateway.receipt.status_field: say where it stands"),
    "a negative price": (f"{GATEWAY}yen = -1\n", 4, r"sms.gateway.yen: "),
    "a customer system in clear": ('[contractors]\nurl = "http://crm.example.jp"\n', 2, r"contractors.url: start it with one of"),
    "a desk that is none": ('[mail]\ndesk = "nobody"\n', 2, r"mail.desk: write one e-mail address"),
    "a sender that is none": ('[mail]\nfrom = "nobody"\n', 2, r"mail.from: write one e-mail address"),
    "no secret where one is needed": ('issuer = "https://id.example.jp"\n', None, r"no secret key is set; make one with: idp key secret"),
    "a short secret": (f"[secrets]\nkeys = [{secret(bytes(range(31)))}]\n", 2, r"the key \"first\" is weak; make one with: idp key secret"),
    "a secret of one letter": (f"[secrets]\nkeys = [{secret(b'a' * 40)}]\n", 2, r"the key \"first\" is weak"),
    "a secret that is a word": ('[secrets]\nkeys = ["first:secret"]\n', 2, r"is not base64|is weak"),
    "a secret without a name": (f"[secrets]\nkeys = [{secret(bytes(range(32)), '')}]\n", 2, r"write each key as id:base64"),
    "two secrets of one name": (f"[secrets]\nkeys = [{secret(bytes(range(32)))}, {secret(bytes(range(1, 33)))}]\n", 2, r"two keys have the same id"),
    "secrets here and there": (f'[secrets]\nkeys = ["{SECRET}"]\nfile = "x"\n', 2, r"write either keys or file, not both"),
    "a file of secrets that is not there": ('[secrets]\nfile = "nowhere.txt"\n', None, r"the file of secret keys cannot be read"),
    "a policy that is not there": ('policy = "standart"\n', None, r"standart: no such policy; write exact-eight, standard, two-kinds"),
    "a policy file that is not there": ('policy = "./nowhere.toml"\n', None, r"nowhere.toml: cannot be read"),
}


def refusal(folder: Path) -> str:
    """What `idp check` says; it must refuse."""
    done = CliRunner().invoke(cli.root, ["--config", str(folder / "config.toml"), "check"], prog_name="idp")
    return str(done.exception) if isinstance(done.exception, toml_reader.TomlError) else done.output


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_used_is_refused_with_the_line_to_mend(tmp_path: Path, kind: str) -> None:
    text, line, said = REFUSED[kind]
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    told = refusal(tmp_path)
    found = [one for one in told.splitlines() if re.search(said, one)]
    assert found, told
    if line:
        assert f"config.toml, line {line}: " in found[0]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('issuer = "http://id.example.jp"\n[server]\nworkers = 0\n[mail]\nfrom = "x"\n')
    told = refusal(tmp_path).splitlines()
    assert [re.search(r"line (\d)", one)[1] for one in told] == ["1", "3", "5"]  # type: ignore[index]


@pytest.mark.parametrize(
    "body, said",
    [
        (None, r"config\.toml: cannot be read: .*No such file"),
        (b"issuer = \xff\n", r"config\.toml: cannot be read: .*utf-8"),
        (b'issuer = "x\n', r"config\.toml: not valid TOML: .*line 1"),
        (b"[server]\nworkers = 2\nworkers = 3\n", r"config\.toml: not valid TOML: .*"),
        (b"#" * 1_100_000, r"config\.toml: the file is larger than 1 MiB"),
        (b'issuer = "https://id.example.jp"\nsecrets = ["a"]\n', r"config\.toml, line 2: secrets: "),
    ],
)
def test_a_file_that_is_no_settings_file_is_refused_by_every_command(tmp_path: Path, body: bytes | None, said: str) -> None:
    if body is not None:
        (tmp_path / "config.toml").write_bytes(body)
    for command in (["check"], ["serve"], ["migrate"], ["courier"], ["demo"], ["account", "show", "x"], ["client", "list"], ["key", "list"]):
        done = CliRunner().invoke(cli.root, ["--config", str(tmp_path / "config.toml"), *command], prog_name="idp")
        assert isinstance(done.exception, toml_reader.TomlError) and re.search(said, str(done.exception)), command
    assert [path.name for path in tmp_path.iterdir()] in ([], ["config.toml"]), "nothing was made"


def test_the_shell_ends_with_1_and_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('issuer = "http://id.example.jp"\n')
    for command in ("serve", "check"):
        done = idp(tmp_path, command)
        assert (done.returncode, done.stdout, len(plain(done).splitlines())) == (1, "", 1)
    done = idp(tmp_path, "--config", "nowhere.toml", "check")
    assert (done.returncode, plain(done).startswith("nowhere.toml: cannot be read: ")) == (1, True)


def test_a_loosened_policy_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(policy_text({"login_id": {"min": "1"}}))
    (tmp_path / "config.toml").write_text('policy = "./policy.toml"\n')
    assert re.search(r"policy\.toml, line \d+: ", refusal(tmp_path))


def test_what_can_be_used_is_taken(tmp_path: Path) -> None:
    for text in ("", HTTPS, 'issuer = "http://127.0.0.1:8000"\n', 'issuer = "http://[::1]:8000"\n', '[secrets]\nfile = "keys.txt"\n'):
        (tmp_path / "keys.txt").write_text(f"# the operator's\n\n{SECRET}\n")
        (tmp_path / "config.toml").write_text(text)
        settings, base = config.load(str(tmp_path / "config.toml"))
        assert base == tmp_path and settings.issuer.startswith("http")


def test_the_demo_is_not_for_the_public(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(HTTPS)
    done = CliRunner().invoke(cli.root, ["--config", str(tmp_path / "config.toml"), "demo"], prog_name="idp")
    assert done.exit_code == 1 and "The demo runs on localhost only" in done.output
