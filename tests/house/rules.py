"""The house rules that can be read off one source file: each takes its syntax tree and says what breaks the rule."""

import ast
import re
from dataclasses import dataclass
from typing import Callable, Iterator

# who may import what from outside the house; "" as a place: nobody
IMPORTERS: dict[str, tuple[str, ...]] = {
    "alembic": ("idp/migrations/", "idp/tables/"),
    "argon2": ("idp/services/argon2.py",),
    "botocore": ("idp/adapters/",),
    "click": ("idp/cli/",),
    "dns": ("idp/adapters/",),
    "gunicorn": ("idp/cli/", "idp/app.py"),
    "mock": ("",),
    "prometheus_client": ("idp/services/metrics.py", "idp/cli/", "idp/app.py"),
    "psycopg": ("idp/adapters/", "idp/tables/"),
    "random": ("idp/vault.py",),
    "requests": ("idp/adapters/", "idp/demo/"),
    "secrets": ("idp/vault.py",),
    "sqlalchemy": ("idp/tables/", "idp/migrations/"),
    "unittest": ("",),
    "uuid": ("idp/vault.py",),
}
PURE = frozenset(
    """__future__ collections dataclasses datetime decimal enum functools hashlib idp ipaddress itertools json math re string typing
    unicodedata urllib email_validator phonenumbers""".split()
)
# tables of Japanese letters, the sample operator of the embedded default, sample rows in the help on import files, and
# a sample text that proves a gateway's template
JAPANESE = ("idp/domain/", "idp/config.py", "idp/cli/contractor.py", "idp/cli/account_import.py", "idp/adapters/sms_http.py")
CLOCK_READERS = ("idp/parts.py", "idp/courier.py", "idp/cli/", "idp/demo/", "idp/adapters/")
CLOCKS = frozenset("time.time time.time_ns time.localtime time.gmtime datetime.now datetime.utcnow datetime.today date.today".split())
LINES, FUNCTION_LINES = 250, 45
SECRET = re.compile(r"(^|_)(password|passphrase|secret|token|otp|pin|cookie|authorization|assertion|verifier|pepper|code|recipient)$")
SQL = re.compile(r"\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|DELETE\s+FROM\s|UPDATE\s+\S+\s+SET\s|(CREATE|DROP|ALTER)\s+TABLE\s)", re.DOTALL)
SLOW = re.compile(r"(^|\.)(fetcher|hasher|requests|smtplib|subprocess|ephemeral|contractors|mail|sms)\.|(^|\.)(sleep|urlopen|render\w*|argon2\w*)$")


@dataclass(frozen=True)
class Rule:
    """`find` yields (line, what is wrong) for the tree of a file and its path from the top, with slashes."""

    find: Callable[[ast.Module, str], Iterator[tuple[int, str]]]
    where: tuple[str, ...] = ("idp/",)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute; calls in between are left out, and what has no name is empty."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return node.id if isinstance(node, ast.Name) else ""


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Every call below the node."""
    return (one for one in ast.walk(node) if isinstance(one, ast.Call))


def imported(tree: ast.Module) -> Iterator[tuple[ast.stmt, str, tuple[str, ...]]]:
    """(statement, module, names taken from it)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node, node.module or "", tuple(alias.name for alias in node.names)


def foreign_imports(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Randomness only in the vault, drivers and frameworks only in their rooms, mocks nowhere."""
    for node, module, names in imported(tree):
        places = IMPORTERS.get(module.split(".")[0])
        if module == "sqlalchemy" and names == ("Connection",):
            continue  # what a flow is handed and hands on
        if places and not path.startswith(tuple(filter(None, places))):
            yield node.lineno, f"{module} may not be imported here"
        if module == "os" and "urandom" in names:
            yield node.lineno, "randomness is for idp/vault.py"
    for node in ast.walk(tree):
        if dotted(node) == "os.urandom":
            yield node.lineno, "randomness is for idp/vault.py"


def pure_domain(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """What is true needs neither clock, network, file nor framework."""
    for node, module, _ in imported(tree):
        if module.split(".")[0] not in PURE or module.startswith("urllib.request"):
            yield node.lineno, f"{module} is not for the domain"
    for call in calls(tree):
        if dotted(call) in ("open", "print", "input"):
            yield call.lineno, f"{dotted(call)}() is not for the domain"


def clock(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Time comes from `deps.clock`."""
    if path.startswith(CLOCK_READERS):
        return
    for node, module, names in imported(tree):
        if module == "time" and {"time", "time_ns", "localtime", "gmtime"} & set(names):
            yield node.lineno, "take the time from deps.clock()"
    for node in ast.walk(tree):
        # a clock handed on as a function counts too
        if isinstance(node, ast.Attribute) and ".".join(dotted(node).split(".")[-2:]) in CLOCKS:
            yield node.lineno, f"{dotted(node)}: take the time from deps.clock()"


def japanese(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Sentences for members stand in idp/texts."""
    if path.startswith(JAPANESE):
        return
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if re.search("[\u3040-\u30ff\u4e00-\u9fff\uff66-\uff9f]", node.value):
                yield node.lineno, f"Japanese text belongs into idp/texts: {node.value[:20]!r}"


def _writes(node: ast.AST, how: str = "write") -> bool:
    return isinstance(node, ast.With) and any(re.search(rf"\.({how})$", dotted(item.context_expr)) for item in node.items)


def transactions(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """A view neither opens a transaction nor holds one."""
    if not re.search(r"/(views|forms)\w*\.py$|^idp/web/|^idp/domain/|^idp/tables/", path):
        return
    for node in ast.walk(tree):
        if _writes(node, "write|each"):
            yield node.lineno, "a transaction belongs into a flow or service"


def slow_writes(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Nobody waits for a hash, a page or the network while the database is locked; helpers of the file are read too."""
    helpers = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for block in filter(_writes, ast.walk(tree)):
        todo: list[ast.AST] = list(block.body)
        seen: set[str] = set()
        while todo:
            for call in calls(todo.pop()):
                name = dotted(call)
                if SLOW.search(name):
                    yield call.lineno, f"{name}() is too slow for the transaction of line {block.lineno}"
                short = name.removeprefix("self.")
                if short in helpers and short not in seen:
                    seen.add(short)
                    todo.append(helpers[short])


def sql_text(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """SQL stands only in tables and adapters, and is never put together from strings."""
    allowed = path.startswith(("idp/tables/", "idp/adapters/", "idp/migrations/"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value) and not allowed:
            yield node.lineno, "SQL belongs into tables or adapters"
        if isinstance(node, ast.JoinedStr):
            sample = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            if SQL.match(sample + " "):
                yield node.lineno, "SQL is never built from strings"
    for call in calls(tree):
        if re.search(r"(^|\.)(text|execute|executemany|executescript|exec_driver_sql)$", dotted(call)) and call.args:
            statement = call.args[0]
            built = isinstance(statement, (ast.JoinedStr, ast.BinOp)) or dotted(statement).endswith(".format")
            pragma = isinstance(statement, ast.JoinedStr) and ast.unparse(statement)[2:9] == "PRAGMA "  # takes no parameters
            if built and not pragma:
                yield call.lineno, "SQL is never built from strings"


def logged_secrets(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Nothing that opens a door, and nobody's address, goes into the log."""
    for call in calls(tree):
        if not re.search(r"(^|\.|_)log(ger|ging)?\.(debug|info|warning|error|critical|exception|msg|bind|new)$", dotted(call)):
            continue
        names = [(keyword.arg or "", keyword.value.lineno) for keyword in call.keywords]
        for node in (node for value in [*call.args, *(one.value for one in call.keywords)] for node in ast.walk(value)):
            if isinstance(node, (ast.Name, ast.Attribute)):
                names.append((dotted(node).split(".")[-1], node.lineno))
        yield from ((line, f"{name} must not be logged") for name, line in names if SECRET.search(name.lower()))


def _own_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without docstring and without the functions inside, which count for themselves."""
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    inner = [one for one in body if isinstance(one, (ast.FunctionDef, ast.ClassDef))]
    return (node.end_lineno or 0) - body[0].lineno + 1 - sum((one.end_lineno or 0) - one.lineno + 1 for one in inner)


def sizes(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Short files and functions, or a first sentence that says why not ("…, because …")."""
    sentence = (ast.get_docstring(tree) or "").split(".\n")[0]
    if not sentence and tree.body:
        yield 1, "a module opens with one sentence on what it is for"
    if "because" in sentence:
        return
    last = max((node.end_lineno or 0 for node in tree.body), default=0)
    if last > LINES:
        yield last, f"{last} lines; split the file, or give the reason in its first sentence"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if (length := _own_lines(node)) > FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {length} lines"


def unused_imports(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """What is imported is used, in a quoted annotation too; a package's own file hands names on."""
    said = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | set(re.findall(r"\w+", " ".join(said)))
    for node in ast.walk(tree):
        for one in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) and not path.endswith("__init__.py") else ():
            if (name := one.asname or one.name.split(".")[0]) not in used | {"*"}:
                yield node.lineno, f"{name} is imported and not used"


def honest_tests(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Tests neither skip, nor mock, nor reach into what they test."""
    for node, module, names in imported(tree):
        if module.split(".")[0] in ("mock", "pytest_mock") or module.startswith("unittest") or "mock" in names:
            yield node.lineno, "no mocks: start the real thing"
    for node in ast.walk(tree):
        name = dotted(node) if isinstance(node, ast.Attribute) else ""
        if re.search(r"(^|\.)(skip|skipif|xfail|importorskip)$", name) and name.startswith("pytest"):
            yield node.lineno, f"{name}: a test that does not run proves nothing"
        if re.search(r"(^|\.)(monkeypatch|mp)\.(setattr|setitem|delattr)$", name):
            yield node.lineno, f"{name}: hand in what differs instead"


RULES: dict[str, Rule] = {
    "foreign_imports": Rule(foreign_imports),
    "pure_domain": Rule(pure_domain, ("idp/domain/",)),
    "clock": Rule(clock),
    "japanese": Rule(japanese),
    "transactions": Rule(transactions),
    "slow_writes": Rule(slow_writes),
    "sql_text": Rule(sql_text),
    "logged_secrets": Rule(logged_secrets),
    "sizes": Rule(sizes, ("idp/", "tests/")),
    "unused_imports": Rule(unused_imports, ("idp/", "tests/")),
    "honest_tests": Rule(honest_tests, ("tests/",)),
}
