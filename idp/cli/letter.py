"""`idp letter …`: first passwords for the letters that the operator has printed."""

import os

import click

from idp.cli.common import Refused, actor, hasher, opened
from idp.services import letter_export as service
from idp.services.print_file import Refused as Unfit
from idp.services.print_file import unfit


@click.group()
def letter() -> None:
    """First passwords on paper: the print file for the operator's stationery.

    \b
    Everybody who has no password yet, and one member who has lost the letter:
      idp letter export letters.csv --without-password
      idp letter export again.csv --login-id hanako01

    Whoever the support desk has promised a letter at the console:
      idp letter export promised.csv --requested
    """


def _progress(done: int, total: int) -> None:
    click.echo(f"\r{done} of {total} letters", nl=done == total, err=True)


@letter.command()
@click.argument("file", metavar="FILE")
@click.option("--login-id", "login_ids", multiple=True, metavar="ID", help="This account, whatever password it has. Several: give it again.")
@click.option("--without-password", is_flag=True, help="All active members who have no password.")
@click.option("--expired", is_flag=True, help="All active members whose letter expired before they used it.")
@click.option("--requested", is_flag=True, help="All whom the support desk has promised a letter.")
@click.pass_context
def export(ctx: click.Context, file: str, login_ids: tuple[str, ...], without_password: bool, expired: bool, requested: bool) -> None:
    """Make first passwords and write them to the new FILE, for the print shop; they are nowhere else and never shown.

    Each must be replaced at the first sign-in, within the policy's letters.valid (90 days). The password before, the
    letter before and every session of the account end at once, so print and send the file soon, and delete it then.
    Options add up. Staff get a letter only by --login-id or --requested; locked and closed accounts get none.

    \b
    FILE is CSV in UTF-8 that only you can read:
      contractor_id   customer number of the contract
      login_id        what the member types first
      first_password  8 characters without look-alikes (0 O o 1 l I 5 S 8 B)
      reading         the password in Japanese words, to be printed below it
      valid_until     the last day on which it can be used, in the member's language
      address         where to sign in, to be typed
      desk_code       8 digits that the member reads out when the support desk asks

    Let the print shop read every column as text: a spreadsheet takes leading zeros off. A login ID or number that it
    could take for a formula has an apostrophe in front, which is not to be printed.

    The file is called FILE.part until it is complete. After an interruption run the same command again: it takes off
    what nobody could sign in with, and goes on.
    """
    if not (login_ids or without_password or expired or requested):
        raise click.UsageError("Say whose letters: --login-id ID, --without-password, --expired or --requested.")
    if sentence := unfit(file):
        raise Refused(sentence)
    wish = service.Wish(login_ids, without_password, expired, requested)
    try:
        with opened(ctx) as deps:
            made = service.run(deps, hasher(deps), file, wish, actor(), _progress)
    except Unfit as error:
        raise Refused(str(error)) from None
    except BaseException:
        if os.path.exists(f"{file}.part"):
            click.echo(f"\nNot complete. Run the same command again to go on; until then print nothing from {file}.part.", err=True)
        raise
    _tell(file, made)


def _tell(file: str, made: service.Made) -> None:
    for login_id in made.gone:
        click.echo(f"{login_id} was locked or closed meanwhile and got no letter.", err=True)
    if made.marked:
        click.echo(f"{made.marked} rows hold an apostrophe in front of a login ID or number that is not to be printed.", err=True)
    if not made.letters:
        click.echo("Nobody needs a letter; no file was made.")
        return
    went_on = f", {made.before} of them from before the interruption" if made.before else ""
    click.echo(f"{made.letters} letters in {file}{went_on}. Delete it when they are printed.")
