"""The operator's own templates in place of ours: each is read at the start, and must keep what its page cannot do without."""

import re
from collections import Counter
from pathlib import Path
from typing import Iterator

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, TemplateError, meta, nodes

from idp import texts
from idp.toml_reader import TomlError

MOST = 65_536  # bytes of one template
_NAME = re.compile(r'\bname="([^"{}]+)"')
_ACTION = re.compile(r'<form\b[^>]*\baction="([^"{}]+)"')
# what our Content-Security-Policy would stop, or what asks another site for something
_FOREIGN = (
    (re.compile(r"""\b(?:src|srcset|poster|data)\s*=\s*["']?\s*(?:https?:)?//""", re.I), "it fetches from another site"),
    (re.compile(r"""<link\b[^>]*href\s*=\s*["']?\s*(?:https?:)?//""", re.I), "it fetches from another site"),
    (re.compile(r"<(?:style|iframe|object|embed|base)\b", re.I), "style, iframe, object, embed and base are not taken"),
    (re.compile(r"<script\b(?![^>]*asset\()", re.I), "scripts of your own are not taken"),
    (re.compile(r"""\s(?:style|on[a-z]+)\s*=\s*["'{]""", re.I), "style=… and on…=… do nothing under our Content-Security-Policy"),
)


def loader(folder: str) -> BaseLoader:
    """Templates of this folder before ours; an empty name is none. Raises `TomlError` with every file that cannot stand for
    ours, and why."""
    ours = PackageLoader("idp")
    if not folder:
        return ours
    top = Path(folder)
    files = sorted(path for path in top.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not files:
        raise TomlError([f"brand.templates: {folder} holds no templates."])
    problems = [f"brand.templates: {path}: {why}." for path in files for why in _wrong(path, path.relative_to(top).as_posix(), ours)]
    if problems:
        raise TomlError(problems)
    return ChoiceLoader([FileSystemLoader(folder), ours])


def _wrong(path: Path, name: str, ours: PackageLoader) -> Iterator[str]:
    environment = Environment(autoescape=True)
    if name.startswith("console/") or name == "form_post.html":
        yield "the console's pages, and the one that carries the answer to the portal, stay as they are"
        return
    if name not in ours.list_templates():
        yield "we have no template of this name"
        return
    try:
        with path.open("rb") as opened:
            body = opened.read(MOST + 1)
        if len(body) > MOST:
            yield "it is larger than 64 KiB"
            return
        source = body.decode()
        environment.filters["plain"] = str
        environment.compile(source, name)
        tree = environment.parse(source)
    except (OSError, UnicodeDecodeError) as error:
        yield f"it cannot be read: {error}"
        return
    except TemplateError as error:
        yield f"line {getattr(error, 'lineno', 0)}: {error.message}"
        return
    yield from (why for pattern, why in _FOREIGN if pattern.search(source))
    original = ours.get_source(environment, name)[0]
    yield from _missing(environment, environment.parse(original), original, tree, source)


def _missing(environment: Environment, ours: nodes.Template, original: str, tree: nodes.Template, source: str) -> Iterator[str]:
    unknown = meta.find_undeclared_variables(tree) - meta.find_undeclared_variables(ours) - _EVERYWHERE
    yield from (f'nothing gives it "{name}"' for name in sorted(unknown))
    for action in sorted(set(_ACTION.findall(original)) - set(_ACTION.findall(source))):
        yield f'the form to "{action}" is missing'
    if _secured(ours, original) > _secured(tree, source):
        yield "a form lost its csrf field: keep {{ fields.hidden(csrf, journey_id) }} in every form"
    for field in sorted(_fields(ours, original) - _fields(tree, source)):
        yield f'the field "{field}" is missing'
    for kind, word in ((nodes.Block, "block"), (nodes.Macro, "macro")):
        kept = {one.name for one in tree.find_all(kind)}
        yield from (f'the {word} "{one.name}" is missing' for one in ours.find_all(kind) if one.name not in kept)
    for macro in ours.find_all(nodes.Macro):
        given = [one.name for mine in tree.find_all(nodes.Macro) if mine.name == macro.name for one in mine.args]
        yield from (f'the macro "{macro.name}" must take "{one.name}"' for one in macro.args if given and one.name not in given)
    if "other_language" in meta.find_undeclared_variables(ours):  # the frame of all pages
        lost = meta.find_undeclared_variables(ours) - meta.find_undeclared_variables(tree)
        yield from (f'it does not use "{name}"' for name in sorted(lost))
    if any(True for _ in ours.find_all(nodes.Extends)) and not any(True for _ in tree.find_all(nodes.Extends)):
        yield 'it must begin with {% extends "layout.html" %}'
    if any(one.name in ("safe", "forceescape", "xmlattr") for one in tree.find_all(nodes.Filter)):
        yield "the filter safe is not taken: what members type would be read as HTML"
    known = texts.catalog("ja")
    yield from (f'there is no text "{key}"' for key in sorted(_keys(tree) - set(known)))


# what every template is given: see `Pages`
_EVERYWHERE = {"t", "locale", "gentle", "brand", "links", "asset", "place", "helps", "errors", "back", "stuck", "came_from", "title", "csrf", "journey_id", "client"}


def _calls(tree: nodes.Template, of: str) -> Iterator[nodes.Call]:
    for call in tree.find_all(nodes.Call):
        node = call.node
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == of:
            yield call


def _secured(tree: nodes.Template, source: str) -> int:
    """How many forms carry the token against forgery."""
    macros = Counter(call.node.attr for call in _calls(tree, "fields") if isinstance(call.node, nodes.Getattr))
    return macros["hidden"] + source.count('name="csrf"')


def _fields(tree: nodes.Template, source: str) -> set[str]:
    """Names of everything that its forms send."""
    first = {call.args[0].value for call in _calls(tree, "fields") if call.args and isinstance(call.args[0], nodes.Const)}
    asked = {"new_password" for call in _calls(tree, "fields") if isinstance(call.node, nodes.Getattr) and call.node.attr == "new_password"}
    return {name for name in first | asked | set(_NAME.findall(source)) if isinstance(name, str)} - {"viewport", "robots"}


def _keys(tree: nodes.Template) -> set[str]:
    """Texts that it names."""
    named = (call for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name) and call.node.name == "t")
    return {call.args[0].value for call in named if call.args and isinstance(call.args[0], nodes.Const)}
