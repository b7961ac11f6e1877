"""Nothing that a stranger writes is ever run: no shell, no template, code or object made of text (requirement IP-02)."""

import re

import pytest

from tests.house.tree import TOP, files

DANGERS = {
    r"\bshell *= *True|\bos\.(system|popen)\b": "a shell",
    r"\brender_template_string\b|\.from_string\(": "a template made of text",
    r"(?<![.\w])(eval|exec|compile)\(": "code made of text",
    r"\b(pickle|marshal|shelve)\b|yaml\.load\b": "an object made of text",
    r"\bautoescape *= *False|\|\s*safe\b": "text that is not escaped",
}
# our own constant script, told to the browser by its hash
ALLOWED = {("idp/templates/form_post.html", "text that is not escaped"): 1}


def dangers(text: str) -> list[str]:
    """What is dangerous in a source."""
    return [name for pattern, name in DANGERS.items() for _ in re.finditer(pattern, text)]


def test_the_house_runs_nothing_that_was_written_by_strangers() -> None:
    found = {}
    for path in files():
        if re.fullmatch(r"idp/.*\.(py|html)", path):
            for danger in dangers((TOP / path).read_text(encoding="utf-8")):
                found[(path, danger)] = found.get((path, danger), 0) + 1
    assert found == ALLOWED


@pytest.mark.parametrize(
    "text",
    ["run(x, shell=True)", "os.system(x)", "render_template_string(x)", "env.from_string(x)", "eval(x)", "import pickle", "{{ x|safe }}", "autoescape=False"],
)
def test_a_danger_is_found(text: str) -> None:
    assert dangers(text)


@pytest.mark.parametrize("text", ["re.compile(x)", "connection.exec_driver_sql(x)", "the shell", "safe(x)", "{{ x | length }}"])
def test_what_is_harmless_is_not(text: str) -> None:
    assert not dangers(text)
