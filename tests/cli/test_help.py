"""Every command teaches: what it does, what its options mean, and for a family an example to try."""

import re
from typing import Iterator

import click
import pytest
from click.testing import CliRunner

from idp import cli


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words after `idp` of every command."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found, name
            yield from commands(found, (*path, name))


def find(path: tuple[str, ...]) -> click.Command:
    """The command of these words."""
    found: click.Command = cli.root
    for name in path:
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), name) or found
    return found


ALL = [" ".join(path) for path in commands(cli.root)]


@pytest.mark.parametrize("words", ALL)
def test_help_says_what_it_does(words: str) -> None:
    command = find(tuple(words.split()))
    shown = CliRunner().invoke(cli.root, [*words.split(), "--help"], prog_name="idp")
    assert shown.exit_code == 0 and shown.output.startswith(f"Usage: idp {words}".rstrip())
    assert len((command.help or "").strip()) >= 40 and "." in (command.help or ""), "say more"
    if isinstance(command, click.Group):
        assert re.search(r"\sidp \w", command.help or ""), "show an example"
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help or isinstance(option.type, click.Choice), f"{option.opts}: what is it for?"


@pytest.mark.parametrize("words", [words for words in ALL if isinstance(find(tuple(words.split())), click.Group)])
def test_a_family_without_a_command_shows_its_help_and_an_unknown_word_is_wrong_usage(words: str) -> None:
    shown = CliRunner().invoke(cli.root, words.split(), prog_name="idp")
    assert "Commands:" in shown.output
    wrong = CliRunner().invoke(cli.root, [*words.split(), "zz"], prog_name="idp")
    assert wrong.exit_code == 2 and "No such command 'zz'" in wrong.output


def test_the_product_says_its_version() -> None:
    from idp import __version__

    assert __version__ in CliRunner().invoke(cli.root, ["--version"], prog_name="idp").output
