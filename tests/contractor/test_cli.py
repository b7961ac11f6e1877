"""`idp contractor import` as an operator types it: what it says, where, and how it ends."""

import base64
import csv

import pytest
from click.testing import CliRunner

from idp.adapters.contractors_register import RegisterContractors
from idp.cli import main, root
from idp.cli.contractor import PROBLEMS
from idp.domain.contract import COLUMNS
from idp.tables.database import Database
from idp.vault import Vault, new_secret
from tests.contractor.files import contract, text

SECRET = new_secret("test")


class Shell:
    """Runs the command in a folder of its own, with an embedded database."""

    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "config.toml"
        self.file = folder / "contracts.csv"
        self.config.write_text(f'[secrets]\nkeys = ["{SECRET}"]\n')

    def __call__(self, *arguments, rows=None, content=None):
        if rows is not None or content is not None:
            self.file.write_bytes(content if content is not None else text(rows).encode())
        return CliRunner().invoke(root, ["--config", str(self.config), "contractor", "import", str(self.file), *arguments])


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)


def hundred():
    return [contract(number) for number in range(1, 101)]


def test_import_says_what_it_did_and_can_be_given_again(shell):
    done = shell(rows=hundred())
    assert done.exit_code == 0, done.output
    assert done.stdout == "100 rows: 100 new, 0 changed, 0 unchanged, 0 ended; 0 left out.\n"
    assert "reading 100 %" in done.stderr and "writing 100 %" in done.stderr
    assert shell().stdout == "100 rows: 0 new, 0 changed, 100 unchanged, 0 ended; 0 left out.\n"


def test_what_it_wrote_is_what_members_are_asked(shell):
    shell(rows=hundred())
    database = Database(f"sqlite:///{shell.folder}/var/idp.db")
    key_id, _, key = SECRET.partition(":")
    plug = RegisterContractors(database, Vault(((key_id, base64.b64decode(key)),)))
    assert plug.match({"customer_number": "42", "phone": "0748-000042"}).contract_type == "individual"
    database.close()


def test_a_dry_run_says_so(shell):
    assert shell("--dry-run", rows=hundred()).stdout.endswith("0 left out. Nothing was written.\n")
    assert shell(rows=hundred()).stdout.startswith("100 rows: 100 new")


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_too_many_ending_is_refused_until_it_is_allowed(shell, dry):
    shell(rows=hundred())
    done = shell(*dry, rows=hundred()[:90])
    assert done.exit_code == 1 and done.stdout == ""
    assert "10 of 100 contracts would end, and at most 5 % may" in done.stderr and "--allow-ending" in done.stderr
    assert shell(*dry, "--allow-ending", "10").exit_code == 0


def test_rows_left_out_are_told_and_the_others_imported(shell):
    rows = [*hundred(), contract(200, phone="110"), contract(201, birth_date="33-4-1", type="?")]
    done = shell(rows=rows)
    assert done.exit_code == 1
    assert "100 new" in done.stdout and "2 left out" in done.stdout
    assert "Line 102, phone: this cannot be read." in done.stderr
    assert "Line 103, birth_date: the year needs its era or four digits." in done.stderr
    assert "2 rows were left out" in done.stderr


def test_the_file_of_errors_names_every_row_and_nobody(shell):
    secret = "=cmd()" + "ヤマダ"
    rows = [contract(number, kana_name=secret, type="?", phone="0312345") for number in range(1, 51)]
    errors = shell.folder / "errors.csv"
    done = shell("--errors", str(errors), rows=rows)
    assert done.exit_code == 1 and "Line" not in done.stderr and str(errors) in done.stderr
    found = list(csv.reader(errors.open(encoding="utf-8")))
    assert found[0] == ["line", "column", "reason"] and len(found) == 101
    assert found[1:3] == [["2", "type", PROBLEMS["invalid"]], ["2", "phone", PROBLEMS["invalid"]]]
    assert "ヤマダ" not in errors.read_text() and "0312345" not in errors.read_text() and "=" not in errors.read_text()


def test_the_file_of_errors_is_not_the_file_of_contracts(shell):
    (shell.folder / "link.csv").symlink_to(shell.file)
    for errors in (shell.file, shell.folder / "link.csv"):
        done = shell("--errors", str(errors), rows=hundred())
        assert done.exit_code == 1 and "the file of contracts itself" in done.stderr
        assert shell.file.read_bytes() == text(hundred()).encode()


def test_only_a_few_problems_flood_the_screen(shell):
    done = shell(rows=[contract(number, type="?") for number in range(1, 51)])
    assert done.stderr.count("Line ") == 10 and "--errors FILE" in done.stderr


def test_every_problem_has_its_sentence(shell):
    lines = [
        ",individual,,ア,,,",
        "1.2E+9,individual,,ア,,,",
        "3,individual,x,ア,,,",
        "4,individual,,山田,,,",
        "5,individual,,ア,,33-4-1,",
        "6,individual,," + "ア" * 400 + ",,,",
        "7,individual",
        '8,individual,,"ア,,,',
        "9,individual,,ア,,,",
        "9,individual,,イ,,,",
        "10,individual,,ア\ufffd,,,",
    ]
    done = shell("--errors", str(shell.folder / "e.csv"), content=(text([]) + "\n".join(lines)).encode())
    assert done.exit_code == 1, done.output
    told = {reason for _, _, reason in list(csv.reader((shell.folder / "e.csv").open(encoding="utf-8")))[1:]}
    assert told == set(PROBLEMS.values())


def test_repairs_are_told(shell):
    done = shell(rows=[contract(1, phone="9012345678")])
    assert done.exit_code == 0 and "1 rows had phone numbers without their leading zero" in done.stderr


def test_cp932_from_excel(shell):
    assert shell(content=text(hundred()).encode("cp932")).exit_code == 0
    assert shell("--encoding", "utf-8").exit_code == 1


@pytest.mark.parametrize("content, says", [(b"", "empty"), (b"PK\x03\x04", "Excel workbook"), (b"a,b\n1,2\n", "no column customer_number")])
def test_a_file_that_is_none_is_refused_in_a_sentence(shell, content, says):
    done = shell(content=content)
    assert done.exit_code == 1 and says in done.stderr and "Traceback" not in done.output


@pytest.mark.parametrize("arguments", [("--encoding", "utf-16"), ("--allow-ending", "101"), ("--allow-ending", "x"), ("--nonsense",)])
def test_wrong_usage_ends_with_2(shell, arguments):
    assert shell(*arguments, rows=hundred()).exit_code == 2


def test_a_file_that_is_not_there(shell):
    assert shell().exit_code == 2
    assert shell("--errors", str(shell.folder / "no" / "e.csv"), rows=hundred()).exit_code == 1


def test_with_a_customer_system_there_is_nothing_to_import(shell):
    shell.config.write_text(f'[secrets]\nkeys = ["{SECRET}"]\n[contractors]\nurl = "https://crm.example.jp/match"\n')
    done = shell(rows=hundred())
    assert done.exit_code == 1 and "customer system" in done.stderr


def test_help_teaches_the_columns():
    done = CliRunner().invoke(root, ["contractor", "import", "--help"])
    assert done.exit_code == 0
    for column, names in COLUMNS.items():
        assert column in done.output and names[0] in done.output
    assert "0001234567,individual,0748-66-0739" in done.output


def test_main_ends_with_the_same_codes(shell, capsys):
    shell.file.write_bytes(b"")
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(shell.config), "contractor", "import", str(shell.file)])
    assert ended.value.code == 1 and "empty" in capsys.readouterr().err
