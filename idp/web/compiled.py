"""Templates of one language, look and brand: what is the same on every page is put in when they are compiled, and costs a
request nothing."""

import re
from typing import Any, Mapping, MutableMapping

from jinja2 import BaseLoader, Environment, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import escape

MORE, RESEND = "gentle.more", "mfa.resend"
_LINKS = re.compile(r'<ul class="links">.*?</ul>', re.DOTALL)
_READING = re.compile(r"<rt>[^<]*</rt>|<[^>]*>")
_READ = re.compile(r"<ruby>([^<]*)<rt>[^<]*</rt></ruby>")
# what a page shows only later, or never to the eye
_UNSEEN = re.compile(r'(<(button|legend|p|span)\b[^>]*(?: hidden\b|class="visually-hidden")[^>]*>.*?</\2>)', re.DOTALL)


def plain(text: str) -> str:
    """The words of a text as a title or an attribute of HTML takes them: without readings and tags. Markup stays markup."""
    return type(text)(_READING.sub("", text)) if "<" in text else text


def read_aloud(words: Mapping[str, str]) -> Any:
    """A function that writes over every one of these words in a text how it is read (HTML, section 4.5.10: ruby)."""
    if not words:
        return lambda text: text
    hard = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
    return lambda text: hard.sub(lambda found: f"<ruby>{found[0]}<rt>{words[found[0]]}</rt></ruby>", text)


def once(page: str) -> str:
    """The page with each word's reading where the word first stands, as in a book. A word that is not seen there is read once more
    where it is."""
    known: set[str] = set()

    def seen(found: re.Match[str]) -> str:
        if found[1] in known:
            return found[1]
        known.add(found[1])
        return found[0]

    def unseen(found: re.Match[str]) -> str:
        return found[1] if found[1] in known else found[0]

    pieces = _UNSEEN.split(page)  # seen, unseen, the name of its tag, seen …
    return "".join(_READ.sub(unseen if at % 3 else seen, piece) for at, piece in enumerate(pieces) if at % 3 < 2)


class Compiled(Environment):
    """`constants`: texts by name before and in the brackets or behind the dot, `t("key")`, `brand.name`. With `gentle` what is
    beside the one thing to do is folded away: lists of links below the form. Not so what a page's own sentences tell the
    member to press: another code, and anything where something went wrong."""

    def __init__(self, loader: BaseLoader, constants: Mapping[str, Mapping[str, str]], gentle: bool = False):
        super().__init__(
            loader=loader,
            autoescape=True,
            auto_reload=False,  # or every page would look at every file it is made of
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=-1,
        )
        self.constants, self.gentle = constants, gentle
        self.filters["plain"] = plain

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """A plain dictionary: at each page Jinja compares these names one by one where they are in layers."""
        return {**self.globals, **(d or {})}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if self.gentle:
            source = _LINKS.sub(_folded, source)
        tree: nodes.Template = _Filling(self.constants).visit(super()._parse(source, name, filename))
        return tree


def _folded(found: re.Match[str]) -> str:
    if f't("{RESEND}")' in found[0]:
        return found[0]
    return f'<details class="fold"{{% if errors %}} open{{% endif %}}><summary>{{{{ t("{MORE}") }}}}</summary>{found[0]}</details>'


class _Filling(NodeTransformer):
    """Walks a template from its beginning to its end, and knows whether it stands inside a tag."""

    def __init__(self, constants: Mapping[str, Mapping[str, str]]):
        self._constants = constants
        self._inside = False

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:
        if (at := max(node.data.rfind("<"), node.data.rfind(">"))) >= 0:
            self._inside = node.data[at] == "<"
        return node

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        match node:
            case nodes.Call(node=nodes.Name(name=name), args=[nodes.Const(value=key)], kwargs=[]):
                found = self._constants.get(name, {}).get(key)
            case nodes.Getattr(node=nodes.Name(name=name), attr=key):
                found = self._constants.get(name, {}).get(key)
            case _:
                found = None
        if found is not None:
            text = str(escape(found))
            return nodes.MarkSafe(nodes.Const(plain(text) if self._inside else text), lineno=node.lineno)
        after: nodes.Node = super().generic_visit(node, *args, **kwargs)
        if self._inside and isinstance(after, nodes.Call) and isinstance(after.node, nodes.Name) and after.node.name == "t":
            return nodes.Filter(after, "plain", [], [], None, None, lineno=node.lineno)
        return after
