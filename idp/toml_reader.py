"""Reads a TOML text into frozen dataclasses through marshmallow, and names the line to mend."""

import dataclasses
import re
import tomllib
import types
import typing
from typing import Any, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from idp.domain.policy import Seconds
from idp.domain.problem import Problem, known

T = TypeVar("T")
MAX_BYTES = 1_048_576
MOST, LONGEST = 100, 500  # problems that are told of one file; characters of a line that is looked at
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class TomlError(Exception):
    """A file that cannot be used; each problem is one plain sentence with the place to mend."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


class Placed(str):
    """A sentence with its place: `line` of the file, None if it is about the file as a whole, `key`, and `problem`, what is
    wrong there."""

    line: int | None
    key: str
    problem: Problem

    def __new__(cls, sentence: str, line: int | None, key: str, problem: Problem) -> "Placed":
        """As told to the shell, and in its parts."""
        self = super().__new__(cls, sentence)
        self.line, self.key, self.problem = line, key, problem
        return self


# what marshmallow says, in words for whoever writes a file
_SAID: dict[str, Problem] = {
    "Unknown field": Problem("key_unknown", "this key is unknown; compare with config.example.toml or policies/standard.toml"),
    "Missing data for required field": Problem("key_missing", "this key is missing"),
    "Invalid input type": Problem("key_section", "write this as a section of its own, in brackets"),
}


class _Duration(fields.Field):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        found = re.fullmatch(r"([0-9]{1,9})([smhd])", value) if isinstance(value, str) else None
        if not found or int(found[1]) == 0:
            raise ValidationError(Problem("duration", 'write a duration such as "60s", "10m", "12h" or "90d"'))
        return int(found[1]) * UNITS[found[2]]


class _Bool(fields.Field):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(Problem("bool", "write true or false"))
        return value


class _List(fields.List):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple:
        return tuple(super()._deserialize(value, attr, data, **kwargs))


def _field(kind: Any, options: dict[str, Any]) -> fields.Field:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return fields.Nested(schema_of(kind), **options)
    if kind is Seconds:
        return _Duration(**options)
    if kind is bool:
        return _Bool(**options)
    if kind is int:
        return fields.Integer(strict=True, validate=validate.Range(min=0), **options)
    if origin is typing.Literal:
        return fields.String(validate=validate.OneOf(args), **options)
    if origin is tuple:
        return _List(_field(args[0], {}), **options)
    if origin is dict:
        return fields.Dict(fields.String(), _field(args[1], {}), **options)
    if origin in (types.UnionType, typing.Union):
        return _field(next(a for a in args if a is not type(None)), {**options, "allow_none": True})
    return fields.String(**options)


def schema_of(cls: type) -> type[Schema]:
    """The marshmallow schema of a frozen dataclass: unknown keys refused, types strict."""
    declared: dict[str, Any] = {}
    hints = typing.get_type_hints(cls)
    for item in dataclasses.fields(cls):
        required = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        declared[item.name] = _field(hints[item.name], {"required": required, "data_key": item.metadata.get("key", item.name)})

    def build(self: Schema, data: dict[str, Any], **_: Any) -> Any:
        return cls(**data)

    declared["build"] = post_load(build)
    declared["Meta"] = type("Meta", (), {"unknown": RAISE})
    return type(f"{cls.__name__}Schema", (Schema,), declared)


def line_of(text: str, path: tuple[Any, ...]) -> int | None:
    """The line of the TOML text (from 1) on which the key with this path stands, or its table."""
    table: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    wanted = tuple(str(p) for p in path)
    best = None
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST:
            continue
        if head := re.match(r"\s*\[(\[?)\s*([^\]]+?)\s*\]", line):
            table = tuple(part.strip(' "') for part in head[2].split("."))
            if head[1]:
                counts[head[2]] = counts.get(head[2], -1) + 1
                table += (str(counts[head[2]]),)
            if wanted[: len(table)] == table:
                best = number
        elif key := re.match(r'\s*"?([A-Za-z0-9_.-]+)"?\s*=', line):
            here = (*table, *key[1].split("."))
            if wanted[: len(here)] == here:
                return number
    return best


def _flatten(errors: Any, path: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], Problem]]:
    if isinstance(errors, dict):
        # what is wrong with a table as a whole stands under "_schema"
        return [row for key, value in errors.items() for row in _flatten(value, path if key == "_schema" else (*path, key))]
    return [(path, known(message) or Problem("other", "{words}", words=str(message).rstrip("."))) for message in errors]


def problem(text: str, source: str, path: tuple[Any, ...], message: str) -> Placed:
    """One sentence: file, line, key, and what to do, `message`, a `Problem` where pages may say it."""
    line, key = line_of(text, path), ".".join(str(p) for p in path)
    where = f"{source}, line {line}" if line else source
    return Placed(f"{where}: {key or 'file'}: {message}.", line, key, known(message) or Problem("other", "{words}", words=message))


def _whole(source: str, message: Problem) -> TomlError:
    return TomlError([Placed(f"{source}: {message}.", None, "", message)])


def read(cls: type[T], text: str, source: str) -> T:
    """`text` as an instance of the dataclass `cls`; raises `TomlError` with every problem at once."""
    if len(text.encode()) > MAX_BYTES:
        raise _whole(source, Problem("toml_large", "the file is larger than 1 MiB"))
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise _whole(source, Problem("toml_deep", "not valid TOML: it is nested too deeply")) from None
    except ValueError as error:  # a number of thousands of digits is none of the parser's own errors
        raise _whole(source, Problem("toml", "not valid TOML: {words}", words=str(error)[:LONGEST])) from None
    try:
        return schema_of(cls)().load(data)
    except ValidationError as error:
        rows = _flatten(error.messages, ())
        raise TomlError([problem(text, source, path, _SAID.get(m, m)) for path, m in rows[:MOST]]) from None
