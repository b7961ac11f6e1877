"""`idp print …`: what is printed is taken by the programs that it is for, and names nothing that is not there."""

import contextlib
import json
import re
import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from prometheus_client import REGISTRY

from idp.services import console_sessions, metrics
from idp.tables import accounts
from idp.web import upload
from tests import running, services
from tests.cli.shell import HTTPS, SECRET
from tests.contractor import files
from tests.nginx import in_front, printed
from tests.ports.smtp_server import self_made_certificate
from tests.running import Idp
from tests.settings.member import inside

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a service behind one proxy."""
    file = tmp_path / "my idp" / "config.toml"
    file.parent.mkdir()
    file.write_text(HTTPS.replace("\n[", '\n[server]\ntrusted_proxies = 1\n[sms]\nlink_url = "https://s.example.jp"\n[', 1))
    return file


def test_systemd_takes_the_units(config: Path, tmp_path: Path) -> None:
    analyze = services.program("systemd-analyze", "systemd")
    files = []
    for word, name in (("systemd", "idp.service"), ("courier", "idp-courier.service")):
        files.append(tmp_path / name)
        files[-1].write_text(printed(config, word))
    done = subprocess.run([analyze, "verify", *map(str, files)], capture_output=True, text=True)
    assert done.returncode == 0 and not [line for line in done.stderr.splitlines() if "/idp" in line], done.stderr
    unit = files[0].read_text()
    assert f'"IDP_CONFIG={config}"' in unit and f'"{config.parent}/var"' in unit and SECRET not in unit


def test_a_service_that_writes_to_no_folder_may_write_to_none(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    stores = '[database]\nurl = "postgresql:///idp"\n[ephemeral]\nurl = "redis://localhost"\n[mail]\nurl = "smtp://localhost"\n'
    file.write_text(HTTPS + stores + '[sms]\nurl = "https://sms.example.jp/"\n[sms.gateway]\nprofile = "karaden"\ntoken = "t"\nsender = "s"\n')
    assert "ReadWritePaths" not in printed(file, "systemd")


def test_the_service_tells_systemd_when_it_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with services.private_folder() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "notify"))
        listener.settimeout(services.START_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
        with running.serving(running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///e.db", services.free_port())):
            assert b"READY=1" in listener.recv(1_000)


@pytest.mark.parametrize("settings, said", [("", "no https address"), (HTTPS, "trusted_proxies = 1")])
def test_nginx_is_for_a_service_that_believes_it(tmp_path: Path, settings: str, said: str) -> None:
    (tmp_path / "config.toml").write_text(settings)
    assert said in printed(tmp_path / "config.toml", "nginx", code=1)


class Proxied:
    """nginx as printed, in front of a real service."""

    def __init__(self, idp: Idp, folder: Path, authority: Path):
        self.idp, self.folder, self.authority = idp, folder, authority

    def ask(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        """Over TLS, through nginx."""
        return requests.request(method, self.idp.issuer + path, verify=str(self.authority), timeout=20, allow_redirects=False, **options)


def configured(folder: Path, port: int, behind: int) -> Idp:
    """A service whose issuer is nginx's own address."""
    idp = running.configure(folder, "sqlite:///idp.db", "sqlite:///e.db", behind, server="trusted_proxies = 1\nworkers = 1\ncourier = false")
    issuer = f"https://127.0.0.1:{port}"
    idp.config.write_text(idp.config.read_text().replace(idp.issuer, issuer, 1))
    return Idp(folder, issuer)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """The printed server, with ports of this test in place of 80."""
    port, folder = services.free_port(), tmp_path_factory.mktemp("proxied")
    idp = configured(folder, port, services.free_port())
    chain = self_made_certificate(folder, rsa.generate_private_key(65_537, 2_048))
    with in_front(idp.config, port, chain):
        yield Proxied(idp, folder, chain)


@pytest.fixture(scope="module")
def up(proxied: Proxied) -> Iterator[Proxied]:
    """The same with the service behind it."""
    inside = re.search(r'bind = "(.*)"', proxied.idp.config.read_text())
    assert inside
    direct = Idp(proxied.folder, f"http://{inside[1]}")  # its health is asked by address
    with running.serving(direct):
        yield proxied


def test_while_the_service_is_away_visitors_are_told_to_try_again(proxied: Proxied) -> None:
    answer = proxied.ask("/login")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "ただいま混み合っています" in answer.content.decode() and "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    answer = proxied.ask("/token", "POST")
    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Content-Type"]) == (503, "5", "application/json")
    assert answer.json()["error"] == "temporarily_unavailable"


@pytest.mark.parametrize("suite", ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256"])
def test_no_suite_without_forward_secrecy_or_authenticated_encryption(proxied: Proxied, suite: str) -> None:
    context = ssl.create_default_context(cafile=str(proxied.authority))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    host, port = proxied.idp.issuer.removeprefix("https://").split(":")
    good = suite.startswith("ECDHE") and "-GCM-" in suite
    with socket.create_connection((host, int(port))) as plain, contextlib.nullcontext() if good else pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        with context.wrap_socket(plain, server_hostname=host) as over:
            assert over.cipher()[0] == suite  # type: ignore[index]


def test_what_the_operator_is_called_is_said_as_it_is_or_refused(config: Path) -> None:
    before = config.read_text()
    config.write_text(before + "\n[brand]\nname = \"短い'名\\\\ $host <b>\"\n")
    assert "<p>短い&#x27;名&#92; &#36;host &lt;b&gt;</p>" in printed(config, "nginx")
    config.write_text(f'{before}\n[brand]\nname = "{"長" * 500}"\n')
    assert "too long" in printed(config, "nginx", code=1)


def test_everything_comes_through(up: Proxied) -> None:
    found = up.ask("/.well-known/openid-configuration").json()
    assert found["issuer"] == up.idp.issuer
    assert up.ask("/health/ready").json()["status"] == "ok"
    assert up.ask("/login").status_code == 303
    assert up.ask("/token", "POST", data={"grant_type": "x"}).json()["error"]
    assert up.ask("/metrics").status_code == 200, "from a network of the settings"


def test_a_probe_signs_in_through_it(up: Proxied) -> None:
    """Over TLS, with the cookies of https."""
    found = json.loads(up.idp.run("probe", "--ca", str(up.authority)).stdout)
    assert found["ok"] is True and found["issuer"] == up.idp.issuer
    unknown = json.loads(up.idp.run("probe", check=False).stdout)
    assert (unknown["ok"], unknown["step"]) == (False, "discovery") and "SSLError" in unknown["reason"]


def test_what_a_visitor_says_of_the_way_is_not_believed(up: Proxied) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "Forwarded": "for=203.0.113.9", "X-Real-IP": "203.0.113.9"}
    assert up.ask("/metrics", headers=headers).status_code == 200, "the address is the one that nginx saw"
    assert up.ask("/login", headers={"Host": "evil.example"}).headers.get("Location", "").startswith(("/", up.idp.issuer))


def test_what_is_too_large_stops_at_the_door(up: Proxied) -> None:
    assert up.ask("/token", "POST", data=b"x" * 70_000).status_code == 413
    assert up.ask("/authorize?" + "x" * 9_000).status_code == 414
    assert up.ask("/authorize?state=" + "x" * 7_000).status_code < 500


def test_a_list_of_contracts_of_the_staff_is_no_more_too_large(up: Proxied) -> None:
    where, many = "/console/contracts/new", files.text([files.contract(number) for number in range(1, 3_000)]).encode()
    subject = up.idp.account(running.new_name(), "--role", "supervisor")
    with inside(up.idp) as deps, deps.database.read() as connection:
        who = accounts.by_id(connection, subject)
        assert who and len(many) > 200_000
        cookies = {"__Host-idp-console": console_sessions.start(deps, who, "sid", deps.now(), "token"), "__Host-idp-browser": "b" * 43}
        proof = upload.proof(deps, "b" * 43, where)
    sent = up.ask(f"{where}?proof={proof}", "POST", files={"file": ("c.csv", many)}, cookies=cookies)
    assert sent.status_code == 303 and sent.headers["Location"].startswith("/console/contracts/")
    for times in (1, 1, 100):
        refused = up.ask(where, "POST", files={"file": ("c.csv", many * times)})
        assert refused.status_code == 400, "and of nobody else, who is told so although they are still sending"


def test_no_query_and_no_link_of_a_letter_stands_in_the_log(up: Proxied) -> None:
    for path in ("/authorize?login_hint=geheim", "/reset/geheim", "/r/geheim", "/register/open/geheim", "/GEHEIM", "/account/history?x=geheim"):
        up.ask(path)
    log = up.folder / "idp.log"
    services.wait_until(lambda: "/account/history" in log.read_text())
    assert "geheim" not in log.read_text().lower() and " /reset/- " in log.read_text() and " /authorize " in log.read_text()


def test_a_flood_from_one_address_is_slowed_down(up: Proxied) -> None:
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: up.ask("/nowhere").status_code, range(600)))
    assert seen == {404, 429}
    with ThreadPoolExecutor(8) as pool:
        told = next(one for one in pool.map(lambda _: up.ask("/nowhere"), range(600)) if one.status_code == 429)
    assert "ただいま混み合っています" in told.content.decode() and told.headers["Retry-After"] == "5"


def exposed(idp: Idp) -> set[str]:
    """Every name that /metrics may show."""
    assert metrics.OUTCOMES
    counted = {sample.name for family in REGISTRY.collect() for sample in family.samples if sample.name.startswith("idp_")}
    declared = {f"{family.name}_total" if family.type == "counter" else family.name for family in REGISTRY.collect()}
    buckets = {f"{family.name}_{part}" for family in REGISTRY.collect() if family.type == "histogram" for part in ("bucket", "count", "sum")}
    now = re.findall(r"(?m)^(idp_\w+)", requests.get(f"{idp.issuer}/metrics", timeout=20).text)
    return counted | declared | buckets | set(now)


@pytest.mark.parametrize("word", ["alerts", "dashboard"])
def test_every_metric_that_is_named_is_there(idp: Idp, word: str) -> None:
    text = printed(idp.config, word)
    named = set(re.findall(r"\bidp_[a-z_]+", text))
    assert len(named) > 8 and named <= exposed(idp)
    outcomes = set(re.findall(r'idp_sign_ins_total\{outcome="(\w+)"', text.replace('\\"', '"')))
    assert outcomes <= set(metrics.OUTCOMES)


def test_every_alert_is_explained_and_nothing_else_is(config: Path) -> None:
    alerts = re.findall(r"- alert: (\w+)", printed(config, "alerts"))
    assert len(alerts) == len(set(alerts)) > 10
    assert sorted(re.findall(r"`(Idp\w+)`", " ".join(re.findall(r"(?m)^\| (`Idp[^|]*)", README.read_text())))) == sorted(alerts)


def test_rules_have_the_form_that_prometheus_reads(config: Path) -> None:
    """By indentation, since nothing here reads YAML: each rule has its four parts, and brackets close."""
    rules = printed(config, "alerts").split("      - alert: ")[1:]
    for rule in rules:
        lines = rule.splitlines()
        assert all(line.startswith("        ") for line in lines[1:] if line), rule
        assert [line.split(":")[0].strip() for line in lines[1:] if not line.strip().startswith("for:")] == ["expr", "labels", "annotations"]
        expression = lines[1].partition("expr: ")[2]
        for opening, closing in ("()", "[]", "{}"):
            assert expression.count(opening) == expression.count(closing)


def test_the_dashboard_has_a_place_for_every_panel(config: Path) -> None:
    panels = json.loads(printed(config, "dashboard"))["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels) == len({panel["id"] for panel in panels}) > 8
    assert all(panel["targets"] and panel["title"] for panel in panels)
