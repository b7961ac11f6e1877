"""`idp client …` and `idp key …`: what they do, and one plain sentence for whatever they cannot do."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from idp import cli, parts, secret_keys
from idp import config as config_file
from idp.tables import keys as table

GOOD = {"client_name": "Portal", "redirect_uris": ["https://portal.example.jp/callback"]}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Settings of an installation that has been migrated."""
    file: Path = tmp_path_factory.mktemp("idp") / "config.toml"
    file.write_text("")
    assert CliRunner().invoke(cli.root, ["--config", str(file), "migrate"]).exit_code == 0
    return str(file)


def run(config: str, *arguments: str, stdin: bytes = b"") -> Result:
    """One command; an exception that the shell would not turn into a sentence fails the test."""
    done = CliRunner().invoke(cli.root, ["--config", config, *arguments], input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def add(config: str, **changes: Any) -> Result:
    """Register a portal."""
    return run(config, "client", "add", "-", stdin=json.dumps({**GOOD, **changes}).encode())


def test_a_portal_is_registered_shown_given_a_new_secret_and_removed(config: str) -> None:
    made = json.loads(add(config).output)
    shown = json.loads(run(config, "client", "show", made["client_id"]).output)
    assert shown["redirect_uris"] == GOOD["redirect_uris"] and "client_secret" not in shown
    renewed = json.loads(run(config, "client", "rotate-secret", made["client_id"]).output)
    assert renewed["client_secret"] != made["client_secret"]
    assert made["client_id"] in run(config, "client", "list").output
    assert run(config, "client", "remove", made["client_id"]).output == f"removed {made['client_id']}\n"
    for command in ("show", "rotate-secret", "remove"):
        gone = run(config, "client", command, made["client_id"])
        assert (gone.exit_code, gone.output) == (1, f"There is no client {made['client_id']}. See: idp client list\n")


def test_a_public_client_has_no_secret_to_renew(config: str) -> None:
    for method in ({"token_endpoint_auth_method": "none"}, {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.example.jp/jwks"}):
        made = json.loads(add(config, **method).output)
        assert "client_secret" not in made
        done = run(config, "client", "rotate-secret", made["client_id"])
        assert done.exit_code == 1 and "it has no secret" in done.output


def test_the_old_secret_may_be_kept_for_a_while(config: str) -> None:
    made = json.loads(add(config).output)
    assert json.loads(run(config, "client", "rotate-secret", made["client_id"], "--keep", "24h").output)["client_secret"]
    for wrong in ("", "24", "1w", "-1h", "１h", "9999999d"):
        done = run(config, "client", "rotate-secret", made["client_id"], "--keep", wrong)
        assert (done.exit_code, done.output) == (1, '--keep: write a duration such as "0s", "24h" or "7d".\n')


@pytest.mark.parametrize(
    "stdin, said",
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b"7", "object"),
        (b'{"client_name": "a", "client_name": "b"}', ""),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 60_000, "JSON"),
        (b'{"a": "' + b"x" * 70_000 + b'"}', "larger than 64 KiB"),
        (json.dumps({**GOOD, "redirect_uris": []}).encode(), "redirect_uris"),
        (json.dumps({**GOOD, "redirect_uris": "https://a.example/"}).encode(), "redirect_uris"),
        (json.dumps({**GOOD, "redirect_uris": [None]}).encode(), "redirect_uris"),
        (json.dumps({**GOOD, "redirect_uris": ["http://portal.example.jp/"]}).encode(), "redirect_uris"),
        (json.dumps({**GOOD, "redirect_uris": ["javascript:alert(1)"]}).encode(), "redirect_uris"),
        (json.dumps({**GOOD, "redirect_uris": ["https://portal.example.jp/#a"]}).encode(), "redirect_uris"),
        (json.dumps({**GOOD, "client_id": "a b\n"}).encode(), "client_id"),
        (json.dumps({**GOOD, "client_secret": "short"}).encode(), "client_secret"),
        (json.dumps({**GOOD, "client_name": "x" * 1_000}).encode(), "client_name"),
        (json.dumps({**GOOD, "client_name": 7}).encode(), "client_name"),
        (json.dumps({**GOOD, "first_party": "yes"}).encode(), "first_party"),
        (json.dumps({**GOOD, "scope": "openid everything"}).encode(), "scope"),
        (json.dumps({**GOOD, "grant_types": ["password"]}).encode(), "grant_types"),
        (json.dumps({**GOOD, "id_token_signed_response_alg": "none"}).encode(), "id_token_signed_response_alg"),
        (json.dumps({**GOOD, "default_max_age": -1}).encode(), "default_max_age"),
        (json.dumps({**GOOD, "grant_types": ["refresh_token"]}).encode(), "needs authorization_code"),
        (json.dumps({**GOOD, "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}).encode(), "with a secret"),
        (json.dumps({**GOOD, "grant_types": ["client_credentials"], "scope": 'a:"b"'}).encode(), "scope"),
        (json.dumps({**GOOD, "grant_types": ["client_credentials"], "scope": "x" * 101}).encode(), "scope"),
        (json.dumps({**GOOD, "scope": "openid contracts:read"}).encode(), "scope"),
        (json.dumps({**GOOD, "scope": "email"}).encode(), "scope"),
        (json.dumps({"client_name": "a", "grant_types": ["authorization_code", "client_credentials"]}).encode(), "redirect_uris"),
        (json.dumps({**GOOD, "resources": "https://api.example.jp"}).encode(), "resources"),
        (json.dumps({**GOOD, "resources": ["https://api.example.jp/#a"]}).encode(), "resources"),
        (json.dumps({**GOOD, "resources": ["/v1"]}).encode(), "resources"),
        (json.dumps({**GOOD, "resources": ["urn:x"]}).encode(), "resources"),
        (json.dumps({**GOOD, "resources": [7]}).encode(), "resources"),
        (json.dumps({**GOOD, "resources": ["urn:example:" + "x" * 300]}).encode(), "resources"),
        (json.dumps({**GOOD, "resources": [f"urn:example:{n}" for n in range(21)]}).encode(), "resources"),
        (json.dumps({**GOOD, "audiences": ["urn:example:a b"]}).encode(), "audiences"),
        (json.dumps({**GOOD, "audiences": ["urn:example:a"], "token_endpoint_auth_method": "none"}).encode(), "audiences"),
        (json.dumps({**GOOD, "introspection_signed_response_alg": "none"}).encode(), "introspection_signed_response_alg"),
        (json.dumps({**GOOD, "access_token_lifetime": 601}).encode(), "access_token_lifetime: the policy allows 600 seconds"),
        (json.dumps({**GOOD, "id_token_lifetime": 59}).encode(), "id_token_lifetime: write seconds, 60 or more"),
        (json.dumps({**GOOD, "refresh_token_lifetime": "60"}).encode(), "refresh_token_lifetime"),
        (json.dumps({**GOOD, "refresh_token_idle_lifetime": 10**30}).encode(), "refresh_token_idle_lifetime: the policy allows"),
    ],
)
def test_metadata_that_cannot_be_registered_is_refused_in_words(config: str, stdin: bytes, said: str) -> None:
    before = run(config, "client", "list").output
    done = run(config, "client", "add", "-", stdin=stdin)
    assert done.exit_code == 1 and said in done.output and 0 < len(done.output) < 600, done.output
    assert run(config, "client", "list").output == before


def test_a_back_end_needs_neither_redirect_uris_nor_openid(config: str) -> None:
    given = {"client_name": "Batch", "grant_types": ["client_credentials"], "scope": "contracts:read", "access_token_lifetime": 60}
    made = json.loads(run(config, "client", "add", "-", stdin=json.dumps({**given, "resources": ["urn:example:bills"]}).encode()).output)
    shown = json.loads(run(config, "client", "show", made["client_id"]).output)
    assert (shown["redirect_uris"], shown["response_types"], shown["scope"]) == ([], [], "contracts:read")
    assert shown["grant_types"] == ["client_credentials"] and shown["resources"] == ["urn:example:bills"]
    assert shown["access_token_lifetime"] == 60 and made["client_secret"]


def test_what_refreshes_may_have_offline_access_and_nobody_else(config: str) -> None:
    for grants, wanted in ((["authorization_code", "refresh_token"], True), (["authorization_code"], False)):
        scope = json.loads(add(config, grant_types=grants).output)["scope"].split()
        assert ("offline_access" in scope) is wanted and "openid" in scope


def test_the_same_id_again_brings_the_portal_up_to_date(config: str) -> None:
    assert add(config, client_id="twice").exit_code == 0
    assert add(config, client_id="twice", client_name="Other").exit_code == 0
    assert json.loads(run(config, "client", "show", "twice").output)["client_name"] == "Other"
    assert run(config, "client", "list").output.count("twice") == 1


def test_a_file_that_is_not_there_is_wrong_usage(config: str) -> None:
    for command in (["client", "add"], ["account", "import"], ["contractor", "import"]):
        done = run(config, *command, "nowhere.json")
        assert done.exit_code == 2 and "nowhere.json" in done.output
        assert run(config, *command).exit_code == 2


def test_keys_are_listed_and_a_next_one_is_published_once(config: str) -> None:
    rows = [row.split("\t") for row in run(config, "key", "list").output.splitlines()]
    assert sorted(row[1] for row in rows) == ["ES256", "EdDSA", "PS256", "RS256"]
    assert run(config, "key", "rotate").output.count("signs from") == 4
    assert "has a next key already" in run(config, "key", "rotate").output
    states = [row.split("\t")[2] for row in run(config, "key", "list").output.splitlines()]
    assert sorted(states) == ["current"] * 4 + ["next"] * 4


def test_a_key_that_may_have_leaked_is_withdrawn_unless_it_signs(config: str) -> None:
    run(config, "key", "rotate")
    rows = {row.split("\t")[0]: row.split("\t")[2] for row in run(config, "key", "list").output.splitlines()}
    current, following = (next(kid for kid in rows if rows[kid] == state) for state in ("current", "next"))
    assert "First: idp key rotate --now" in run(config, "key", "withdraw", current).output
    assert run(config, "key", "withdraw", following).output == f"{following} is published no more.\n"
    left = run(config, "key", "list").output
    assert current in left and following not in left
    again = run(config, "key", "withdraw", following)
    assert again.exit_code == 1 and again.output == "There is no such key. See: idp key list\n"


def test_after_new_keys_at_once_the_old_ones_can_be_withdrawn_by_the_next_command(config: str) -> None:
    old = [row.split("\t")[0] for row in run(config, "key", "list").output.splitlines()]
    assert run(config, "key", "rotate", "--now").output.count("signs from") == 4
    for kid in old:
        assert run(config, "key", "withdraw", kid).output == f"{kid} is published no more.\n"


def test_new_keys_that_somebody_else_has_made_in_the_same_second_are_as_good(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    run(str(file), "migrate")
    deps = parts.open_deps(*config_file.load(str(file)))
    with deps.database.write() as connection:
        for one in table.rows(connection):
            for second in range(60):
                table.add(connection, replace(one, kid=f"{one.kid}-{second}", active_from=deps.now() + second))
    parts.close_deps(deps)
    done = run(str(file), "key", "rotate", "--now")
    assert done.exit_code == 0 and done.output == "Somebody else has done it in this second. See: idp key list\n"


def test_a_printed_secret_can_be_used(config: str) -> None:
    line = run(config, "key", "secret", "--id", "2026-11").output.strip()
    assert re.fullmatch(r"2026-11:[A-Za-z0-9+/]{43}=", line) and secret_keys.parse((line,))[0][0] == "2026-11"
    assert run(config, "key", "secret").output != run(config, "key", "secret").output


@pytest.mark.parametrize("name", ["a b", "", "あ", "x" * 33, "a:b"])
def test_a_name_of_a_secret_that_settings_would_refuse_is_refused_here(config: str, name: str) -> None:
    done = run(config, "key", "secret", "--id", name)
    assert done.exit_code != 0 and ":" in done.output and "Traceback" not in done.output
