"""`idp policy …`: prove a policy file and say it in sentences, without opening the house."""

from pathlib import Path

import click

from idp import policy_file, texts
from idp.services import policy_explain

_FILE = click.argument("file", metavar="FILE")


@click.group()
def policy() -> None:
    """Policy files: what members may choose, how long things last, when somebody must wait.

    FILE is a path, or the name of a policy that comes with the product: standard, exact-eight or two-kinds.
    Neither command changes anything or needs a running service.

    \b
    Start your own:
      copy policies/standard.toml to policy.toml and change it
      idp policy check ./policy.toml
      set policy = "./policy.toml" in config.toml
    """


@policy.command()
@_FILE
def check(file: str) -> None:
    """Read FILE, hold its numbers against each other and run its examples.

    Prints one sentence for each problem and ends with 1, or says how many examples hold and ends with 0.
    """
    read = policy_file.load(file, Path.cwd())
    click.echo(f"{file}: all right. Version {read.version}, {len(read.example)} examples hold.")


@policy.command()
@_FILE
@click.option("--locale", type=click.Choice(texts.LOCALES), default=texts.LOCALES[0], show_default=True, help="Language.")
def explain(file: str, locale: str) -> None:
    """Say the whole policy of FILE in plain sentences, one a line, in Japanese or English."""
    for sentence in policy_explain.explain(policy_file.load(file, Path.cwd()), locale):
        click.echo(sentence)
