"""The commands of the README's chapter, as they stand there, at a running installation."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests import running
from tests.running import Idp

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_commands_do_what_the_chapter_says(idp: Idp, tmp_path: Path) -> None:
    chapter = README.read_text().partition("### The admin API")[2].partition("\n## ")[0]
    (script,) = re.findall(r"```sh\n(.*?)```", chapter, re.S)
    name, client = running.new_name(), f"scripts-{idp.folder.name}"
    subject = idp.account(name, "--email", f"{name}@mail.example")
    script = script.replace("https://id.example.jp", idp.issuer).replace('"hanako"', f'"{name}"').replace('"scripts"', f'"{client}"')
    script = script.replace('"scripts:$secret"', f'"{client}:$secret"')
    command = f'idp() {{ "{sys.executable}" -m idp --config "{idp.config}" "$@"; }}\nset -eu\n{script}'
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    found, suspended, resumed, shown, rows = (json.loads(line) for line in done.stdout.splitlines() if line)
    assert [one["id"] for one in found["members"]] == [subject]
    assert (suspended, resumed) == ({"done": "suspend"}, {"done": "resume"})
    assert (shown["id"], shown["status"], shown["standing"]["code"]) == (subject, "active", "active")
    assert {"desk_suspend", "desk_resume"} <= {row["event"] for row in rows["rows"]}
