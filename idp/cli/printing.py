"""`idp print …`: configuration for the programs around the service, made from the settings in force."""

import base64
import hashlib
import html
import json
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Mapping
from urllib.parse import urlsplit

import click

from idp import config, texts
from idp.cli.common import Refused
from idp.config import Settings
from idp.web.pages import Pages

CERTIFICATE, KEY = "/etc/ssl/idp/fullchain.pem", "/etc/ssl/idp/privkey.pem"
NGINX_WORD = 4_000  # bytes; it has 4,096 for a word and what is around it


def _template(name: str) -> str:
    return files("idp.cli").joinpath("printed", name).read_text(encoding="utf-8")


@click.group("print")
def print_() -> None:
    """Print configuration for the programs around the service, made from your settings.

    \b
    idp print systemd > /etc/systemd/system/idp.service
    idp print courier > /etc/systemd/system/idp-courier.service
    idp print nginx > /etc/nginx/conf.d/idp.conf
    idp print alerts > /etc/prometheus/rules/idp.yml
    idp print dashboard > idp.json
    """


def _unit(path: Path | str) -> str:
    """A path as a unit file takes it (systemd.syntax, systemd.unit: specifiers)."""
    return str(path).replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"')


def _program() -> str:
    beside = Path(sys.executable).with_name("idp")
    return f'"{_unit(beside)}"' if beside.exists() else f'"{_unit(sys.executable)}" -m idp'


def _filled(text: str, values: Mapping[str, str]) -> str:
    """A text with every `@name@` replaced; what is put in is not looked at again."""
    return re.sub("@([a-z_]+)@", lambda mark: values[mark[1]], text)


def _writes(settings: Settings, base: Path) -> str:
    """Every folder that the settings have us write to; the embedded default makes its keys below the base."""
    found = {base / "var"} if not settings.secrets.keys and not settings.secrets.file else set()
    for section in (settings.database, settings.ephemeral, settings.mail, settings.sms):
        scheme, _, path = section.url.partition("folder:" if section.url.startswith("folder:") else "sqlite:///")
        if path and not scheme:
            found.add(Path(path) if section.url.startswith("folder:") else Path(path).parent)
    return " ".join(f'"{_unit(path)}"' for path in sorted(found))


def _service(ctx: click.Context, name: str) -> str:
    settings, base = config.load(ctx.obj)
    below_home = any(path.parts[1] in ("home", "root") for path in (base, Path(sys.executable)))  # which ProtectHome would hide
    values = {
        "issuer": settings.issuer,
        "program": _program(),
        "base": _unit(base),
        "config": _unit(Path(ctx.obj).resolve() if ctx.obj else base / "config.toml"),
        "writes": _writes(settings, base),
        "home": "read-only" if below_home else "yes",
    }
    values["folders"] = f"#       install -d -o idp -g idp -m 0700 {values['writes']}"
    common = _template("common.service")
    if not values["writes"]:
        common = re.sub(r"(?m)^ReadWritePaths=.*\n", "", common)
        values["folders"] = "# Nothing on this host is written to."
    return _filled(_template(name).replace("@common@\n", common), values)


@print_.command()
@click.pass_context
def systemd(ctx: click.Context) -> None:
    """A unit for `idp serve` that may do no more than it needs: the web workers, and the courier if the settings say so."""
    click.echo(_service(ctx, "idp.service"), nl=False)


@print_.command()
@click.pass_context
def courier(ctx: click.Context) -> None:
    """A unit for `idp courier`, for hosts on which [server] courier = false."""
    click.echo(_service(ctx, "idp-courier.service"), nl=False)


def _away(settings: Settings) -> dict[str, str]:
    """What visitors and portals are told while nobody answers, quoted for nginx (which takes no word of more than 4,096 bytes),
    and what the page's policy must allow."""
    brand, say, style = settings.brand, Pages(settings).text, _template("away.css").strip()
    values = {
        "locale": texts.LOCALES[0],
        "title": say(texts.LOCALES[0], "error.title"),
        "brand": html.escape(brand.name),
        "style": style,
        "said": "\n".join(f'<p lang="{locale}">{say(locale, "common.busy")}</p>' for locale in texts.LOCALES),
        "desk": say(texts.LOCALES[0], "common.help.desk"),
        "hours": say(texts.LOCALES[0], "common.help.hours"),
        "tel": html.escape(brand.tel),
        "dial": re.sub(r"[^0-9+]", "", brand.tel),
    }
    page = _filled(_template("away.html").strip(), values | {"plain": values["title"].replace("<wbr>", "")})
    for mark, quoted in (("\\", "&#92;"), ("'", "&#39;"), ("$", "&#36;")):
        page = page.replace(mark, quoted)
    if len(page.encode()) > NGINX_WORD:
        raise Refused("[brand] name, operator, tel and hours are too long together for the page that nginx shows while the service is away.")
    machines = json.dumps({"error": "temporarily_unavailable", "error_description": "please try again in a moment"})
    return {"away": page, "away_machines": machines, "style_digest": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}


@print_.command()
@click.option("--certificate", default=CERTIFICATE, help="Path of the certificate with its chain.")
@click.option("--key", default=KEY, help="Path of its private key.")
@click.option("--node", "nodes", multiple=True, metavar="ADDR:PORT", help="A node of the service; once for each. Default: [server] bind.")
@click.pass_context
def nginx(ctx: click.Context, certificate: str, key: str, nodes: tuple[str, ...]) -> None:
    """A server for nginx 1.19 or newer that ends TLS and hands on what the service needs: limits, timeouts, headers, logs.

    With several nodes they can be restarted one after the other, and no request fails.
    """
    settings, _ = config.load(ctx.obj)
    if not settings.secure:
        raise Refused("The issuer is no https address: nothing needs to stand in front of a trial on this machine.")
    if not settings.server.trusted_proxies:
        raise Refused("Set [server] trusted_proxies = 1 first: with 0, all members would share the address of nginx, and its limits.")
    own, short = urlsplit(settings.issuer), urlsplit(settings.sms.link_url)
    here = re.sub(r"^(0\.0\.0\.0|\[::\]):", "127.0.0.1:", settings.server.bind)
    if wrong := [node for node in nodes if not re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]{1,5}|\[[0-9A-Fa-f:]+\]:[0-9]{1,5}|unix:/[\w./-]+", node)]:
        raise Refused(f"--node {wrong[0]}: write address:port or unix:/path.")
    values = {
        "certificate": certificate,
        "key": key,
        "nodes": "\n".join(f"    server {node} max_fails=0;" for node in nodes or (here,)),
        "next": "error" if len(nodes) > 1 else "off",
        "host": own.hostname or "",
        "netloc": own.netloc,
        "port": f":{own.port}" if own.port else "",
        "listen": str(own.port or 443),
        "names": " ".join(filter(None, (own.hostname, short.hostname))),
        # behind a load balancer of yours nginx is the second to append
        "forwarded": "$remote_addr" if settings.server.trusted_proxies == 1 else "$proxy_add_x_forwarded_for",
        "metrics": "\n".join(f"        allow {network};" for network in settings.server.metrics_from),
        "hsts": 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;',
        **_away(settings),
        "short_host": short.hostname or "",
        "short_netloc": short.netloc,
        "short_listen": str(short.port or 443),
    }
    text = _template("nginx.conf").replace("@short@\n", _template("short.conf") if short.hostname else "")
    for mark, part in (("@tls@", "tls.conf"), ("@sorry@", "away.conf")):
        text = text.replace(mark, _template(part).rstrip("\n"))
    click.echo(_filled(text, values), nl=False)


@print_.command()
@click.pass_context
def alerts(ctx: click.Context) -> None:
    """Alert rules for Prometheus; what each means and what to do stands in the README under At night."""
    settings, _ = config.load(ctx.obj)
    click.echo(_template("alerts.yml").replace("@issuer@", settings.issuer), nl=False)


@print_.command()
def dashboard() -> None:
    """A dashboard for Grafana (Dashboards, Import), over the same metrics."""
    click.echo(_template("dashboard.json"), nl=False)
