"""Templates of the operator's own: what stands in the place of ours, and what each refusal says."""

import dataclasses
from importlib.resources import files
from pathlib import Path

import pytest
from flask import Flask

from idp.config import Brand, Settings
from idp.toml_reader import TomlError
from idp.web import own_templates, pages

OURS = files("idp").joinpath("templates")
FIXED = "form_post.html"


def shipped(name: str) -> str:
    return OURS.joinpath(name).read_text(encoding="utf-8")


def refused(folder: Path, name: str, source: str) -> str:
    """What is said about this template."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(source, encoding="utf-8")
    with pytest.raises(TomlError) as caught:
        own_templates.loader(str(folder))
    said = str(caught.value)
    assert f"brand.templates: {folder / name}: " in said
    return said


def test_each_of_ours_would_pass(tmp_path: Path) -> None:
    names = [one.name for one in OURS.iterdir() if one.name.endswith(".html") and one.name != FIXED]
    assert len(names) > 60
    for name in names:
        (tmp_path / name).write_text(shipped(name), encoding="utf-8")
    own_templates.loader(str(tmp_path))


def test_an_own_page_is_shown_in_the_place_of_ours_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "home.html").write_text(shipped("home.html").replace('<p class="lead">', '<p class="lead">ようこそ。'), encoding="utf-8")
    own = pages.Pages(dataclasses.replace(Settings(), brand=Brand(templates=str(tmp_path))))
    with Flask("x").test_request_context("/"):
        shown = own.html("home.html", "ja", nickname="", portal=None)
        assert "ようこそ。" in shown and "お困りのときは" in shown
        assert "ようこそ" not in own.html("error.html", "ja", key="common.busy", reference="")


@pytest.mark.parametrize(
    "name, change, why",
    [
        ("login.html", ("{{ fields.hidden(csrf, journey_id) }}", ""), "csrf"),
        ("login.html", ('action="/login"', 'action="/elsewhere"'), 'the form to "/login" is missing'),
        ("login.html", ('{{ fields.password("password", t("login.pw.label"), "current-password", errors, t) }}', ""), 'the field "password"'),
        ("login.html", ('<input type="hidden" name="sealed" value="{{ sealed }}">', ""), 'the field "sealed"'),
        ("login.html", ("{% block content %}", "{% block body %}"), 'the block "content" is missing'),
        ("login.html", ('{% extends "layout.html" %}', ""), "extends"),
        ("login.html", ("{{ sealed }}", "{{ sealed | safe }}"), "the filter safe"),
        ("login.html", ("{{ sealed }}", "{{ secret }}"), 'nothing gives it "secret"'),
        ("login.html", ('t("login.submit")', 't("login.nothing")'), 'there is no text "login.nothing"'),
        ("login.html", ("{% endblock %}", ""), "line "),
        ("login.html", ("<form", '<img src="https://elsewhere.example/x.png"><form'), "another site"),
        ("login.html", ("<form", "<script>x()</script><form"), "scripts"),
        ("login.html", ("<form", '<p style="color: red">x</p><form'), "Content-Security-Policy"),
        ("login.html", ("<form", '<form onsubmit="x()"'), "Content-Security-Policy"),
        ("first_password.html", ("fields.new_password", "fields.nothing"), 'the field "new_password"'),
        ("fields.html", ("macro hidden(csrf, journey_id)", "macro hidden(csrf)"), 'the macro "hidden" must take "journey_id"'),
        ("fields.html", ("macro tick(", "macro box("), 'the macro "tick" is missing'),
        ("layout.html", ("{{ other_look }}", ""), 'it does not use "other_look"'),
    ],
)  # fmt: skip
def test_a_page_that_lost_something_is_refused_with_file_and_reason(tmp_path: Path, name: str, change: tuple[str, str], why: str) -> None:
    source = shipped(name)
    assert change[0] in source
    assert why in refused(tmp_path, name, source.replace(*change))


@pytest.mark.parametrize("name", ["nothing.html", "notes.txt"])
def test_a_file_that_is_no_page_of_ours_is_refused(tmp_path: Path, name: str) -> None:
    assert "no template of this name" in refused(tmp_path, name, "x")


@pytest.mark.parametrize("name", ["console/home.html", FIXED])
def test_pages_that_are_not_the_operators_stay(tmp_path: Path, name: str) -> None:
    assert "stay as they are" in refused(tmp_path, name, shipped(name))


def test_a_huge_or_unreadable_or_missing_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TomlError, match="holds no templates"):
        own_templates.loader(str(tmp_path / "none"))
    assert "64 KiB" in refused(tmp_path, "home.html", shipped("home.html") + " " * 65_536)
    (tmp_path / "home.html").write_bytes(b"\xff\xfe")
    with pytest.raises(TomlError, match="cannot be read"):
        own_templates.loader(str(tmp_path))
