"""The operator's shell: `idp …`."""

import importlib
import sys
from typing import Any

import click

from idp.ports import Unavailable
from idp.toml_reader import TomlError
from idp.vault import VaultError

COMMANDS = {
    "serve": "idp.cli.serve:serve",
    "demo": "idp.cli.serve:demo",
    "courier": "idp.cli.serve:courier",
    "migrate": "idp.cli.upgrade:migrate",
    "backup": "idp.cli.backup:backup",
    "restore": "idp.cli.backup:restore",
    "probe": "idp.cli.probe:probe",
    "print": "idp.cli.printing:print_",
    "check": "idp.cli.check:check",
    "account": "idp.cli.account:account",
    "letter": "idp.cli.letter:letter",
    "contractor": "idp.cli.contractor:contractor",
    "client": "idp.cli.client:client",
    "key": "idp.cli.key:key",
    "policy": "idp.cli.policy:policy",
    "audit": "idp.cli.audit:audit",
}


class _Lazy(click.Group):
    """Imports a command only when it is called: `idp --help` and `idp policy` need no database driver."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        return getattr(importlib.import_module(module), attribute)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="FILE", envvar="IDP_CONFIG", help="Settings; default config.toml, else the embedded default under var/.")
@click.version_option(package_name="idp")
@click.pass_context
def root(ctx: click.Context, config: str | None) -> None:
    """The identity service for member portals: an OpenID Connect provider.

    \b
    Try it:              idp demo
    Put it in service:   edit config.example.toml, then
                         idp check && idp migrate && idp serve
    """
    ctx.obj = config


def why(error: Exception) -> str:
    """What the part behind an error said, on one line in brackets; empty if the error says so itself."""
    said = str(getattr(error.__cause__, "orig", None) or error.__cause__ or "").strip().splitlines()
    return f" ({said[0][:200]})" if said and ":" not in str(error) else ""


def main(args: list[str] | None = None) -> Any:
    """Run one command. Exit codes: 0 done, 1 refused or failed (one sentence says why), 2 wrong usage."""
    try:
        # what a command says by ctx.exit comes back as a number
        if code := root.main(args=args, prog_name="idp", standalone_mode=False):
            sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except TomlError as error:
        for line in error.problems:
            click.echo(line, err=True)
        sys.exit(1)
    except Unavailable as error:
        click.echo(f"The {error} does not answer{why(error)}.", err=True)
        click.echo("Is it running, and is its address in the settings right? Try: idp check", err=True)
        sys.exit(1)
    except VaultError as error:
        click.echo(f"{str(error)[0].upper()}{str(error)[1:]}: it was sealed with a secret key that [secrets] does not name.", err=True)
        click.echo("Put that key back, behind the current one. Try: idp check", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"{error.filename or 'input or output'}: {error.strerror or error}.", err=True)
        sys.exit(1)
