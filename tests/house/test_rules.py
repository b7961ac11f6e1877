"""Every file keeps the house rules, and every rule finds a file that breaks it."""

import ast

import pytest

from tests.house.rules import FUNCTION_LINES, LINES, RULES
from tests.house.tree import TOP, files

DOC = '"""What it is for."""\n'
LONG_FUNCTION = "def f():\n" + "    a = 1\n" * (FUNCTION_LINES + 1)

# (rule, path, a source that breaks it)
BAD = [
    ("foreign_imports", "idp/services/x.py", "import secrets"),
    ("foreign_imports", "idp/features/login/flow.py", "from random import choice"),
    ("foreign_imports", "idp/services/x.py", "import os\nx = os.urandom(3)"),
    ("foreign_imports", "idp/services/x.py", "from os import urandom"),
    ("foreign_imports", "idp/tables/x.py", "import uuid"),
    ("foreign_imports", "idp/services/x.py", "from unittest import mock"),
    ("foreign_imports", "idp/services/x.py", "import psycopg.rows"),
    ("foreign_imports", "idp/features/login/flow.py", "from sqlalchemy import Connection, select"),
    ("foreign_imports", "idp/features/login/flow.py", "from sqlalchemy.exc import IntegrityError"),
    ("foreign_imports", "idp/features/login/flow.py", "def f():\n    import requests"),
    ("pure_domain", "idp/domain/x.py", "import time"),
    ("pure_domain", "idp/domain/x.py", "from flask import request"),
    ("pure_domain", "idp/domain/x.py", "from pathlib import Path"),
    ("pure_domain", "idp/domain/x.py", "import urllib.request"),
    ("pure_domain", "idp/domain/x.py", "a = open('b').read()"),
    ("clock", "idp/services/x.py", "import time\nx = time.time()"),
    ("clock", "idp/services/x.py", "import time\nf(clock=time.time)"),
    ("clock", "idp/services/x.py", "from time import time\nx = time()"),
    ("clock", "idp/domain/x.py", "import datetime\nx = datetime.datetime.now()"),
    ("clock", "idp/features/login/views.py", "from datetime import date\nx = date.today()"),
    ("japanese", "idp/features/login/views.py", "x = 'ログイン'"),
    ("japanese", "idp/services/x.py", "x = f'{y}円'"),
    ("japanese", "idp/cli/x.py", "say('完了')"),
    ("transactions", "idp/features/login/views.py", "with deps.database.write() as connection:\n    pass"),
    ("transactions", "idp/features/oidc/views_token.py", "with a, deps.database.write():\n    pass"),
    ("transactions", "idp/web/x.py", "with g.deps.database.write() as c:\n    pass"),
    ("transactions", "idp/features/login/views.py", "with deps.database.each() as c:\n    pass"),
    ("slow_writes", "idp/services/x.py", "with d.write() as c:\n    x = deps.hasher.hash(p)"),
    ("slow_writes", "idp/services/x.py", "with d.write() as c:\n    if a:\n        requests.post(url)"),
    ("slow_writes", "idp/services/x.py", "with d.write() as c:\n    deps.ephemeral.drop(k)"),
    ("slow_writes", "idp/services/x.py", "with d.write() as c:\n    deps.contractors.match(facts)"),
    ("slow_writes", "idp/services/x.py", "with d.write() as c:\n    render_template('x')"),
    ("slow_writes", "idp/services/x.py", "with d.write() as c:\n    time.sleep(1)"),
    ("slow_writes", "idp/services/x.py", "def f():\n    g()\ndef g():\n    hasher.verify(h, p)\nwith d.write() as c:\n    f()"),
    ("slow_writes", "idp/services/x.py", "class A:\n    def g(self):\n        render()\n    def f(self):\n        with self.d.write():\n            self.g()"),
    ("sql_text", "idp/services/x.py", "x = 'SELECT a FROM b'"),
    ("sql_text", "idp/tables/x.py", "c.execute(f'DELETE FROM {name}')"),
    ("sql_text", "idp/tables/x.py", "x = f'SELECT {a} FROM b'"),
    ("sql_text", "idp/tables/x.py", "c.execute('x' + name)"),
    ("sql_text", "idp/tables/x.py", "c.execute(text('x %s' % name))"),
    ("sql_text", "idp/adapters/x.py", "c.exec_driver_sql('x {}'.format(name))"),
    ("unused_imports", "idp/services/x.py", "from a import b, c\nb()"),
    ("unused_imports", "tests/x.py", "import a.b"),
    ("unused_imports", "tests/x.py", "def f():\n    import a as b\n    a()"),
    ("logged_secrets", "idp/services/x.py", "log.info('x', password=p)"),
    ("logged_secrets", "idp/services/x.py", "log.info('x', detail=form.password)"),
    ("logged_secrets", "idp/services/x.py", "self.log.warning(f'x {access_token}')"),
    ("logged_secrets", "idp/services/x.py", "logger.error('x', what=str(client_secret))"),
    ("logged_secrets", "idp/services/x.py", "structlog.get_logger().info('x', one_time_code=c)\nlog.bind(code=c)"),
    ("sizes", "idp/services/x.py", "import os"),
    ("sizes", "idp/services/x.py", DOC + "a = 1\n" * LINES),
    ("sizes", "tests/x.py", DOC + LONG_FUNCTION),
    ("honest_tests", "tests/x.py", "from unittest.mock import patch"),
    ("honest_tests", "tests/x.py", "from unittest import mock"),
    ("honest_tests", "tests/x.py", "import pytest\npytest.skip('no server')"),
    ("honest_tests", "tests/x.py", "import pytest\n@pytest.mark.skipif(True, reason='')\ndef test_a(): pass"),
    ("honest_tests", "tests/x.py", "import pytest\n@pytest.mark.xfail\ndef test_a(): pass"),
    ("honest_tests", "tests/x.py", "def test_a(monkeypatch):\n    monkeypatch.setattr(a, 'b', c)"),
]
# what looks like a breach and is none
GOOD = [
    ("foreign_imports", "idp/vault.py", "import secrets"),
    ("foreign_imports", "idp/features/login/flow.py", "from sqlalchemy import Connection"),
    ("pure_domain", "idp/domain/x.py", "import re\nfrom idp.domain.policy import Policy"),
    ("clock", "idp/parts.py", "import time\nx = time.time()"),
    ("clock", "idp/services/x.py", "import time\nx = time.monotonic()\ny = deps.clock()\nz = self.time.now()"),
    ("japanese", "idp/services/x.py", '"""説明。"""\ndef f():\n    """説明。"""\n    return 1  # 注'),
    ("japanese", "idp/domain/kanji.py", "x = '髙高'"),
    ("japanese", "idp/services/x.py", "x = '＠'"),
    ("transactions", "idp/features/login/flow.py", "with deps.database.write() as connection:\n    pass"),
    ("transactions", "idp/features/login/views.py", "with deps.database.read() as connection:\n    pass"),
    ("slow_writes", "idp/services/x.py", "deps.hasher.hash(p)\nwith d.write() as c:\n    accounts.add(c, a)\nrender('x')"),
    ("slow_writes", "idp/services/x.py", "with d.read() as c:\n    deps.ephemeral.get(k)"),
    ("slow_writes", "idp/services/x.py", "with d.each() as c:\n    deps.ephemeral.get(k)"),
    ("sql_text", "idp/tables/x.py", "c.execute(select(accounts).where(a == b))\nx = 'SELECT a FROM b'"),
    ("sql_text", "idp/tables/x.py", "c.execute(f'PRAGMA {name}')"),
    ("sql_text", "idp/services/x.py", "x = 'Select the address from the list'"),
    ("logged_secrets", "idp/services/x.py", "log.info('token issued', token_type='x', error_codes=3, address=a)"),
    ("sizes", "idp/services/x.py", DOC + "def f():\n" + ("    def g():\n" + "        a = 1\n" * 20) * 3),
    ("sizes", "idp/services/__init__.py", ""),
    ("sizes", "idp/services/x.py", '"""One table, because splitting it helps nobody."""\n' + "a = 1\n" * LINES + LONG_FUNCTION),
    ("honest_tests", "tests/x.py", "def test_a(monkeypatch):\n    monkeypatch.setenv('A', 'b')\n    skip = x.skip"),
]  # fmt: skip


def _find(rule: str, path: str, source: str) -> list[str]:
    return [f"{path}:{line}: {what}" for line, what in RULES[rule].find(ast.parse(source), path)]


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps(rule: str) -> None:
    mine = [path for path in files() if path.endswith(".py") and path.startswith(RULES[rule].where)]
    assert mine
    found = [breach for path in mine for breach in _find(rule, path, (TOP / path).read_text(encoding="utf-8"))]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("rule, path, source", BAD)
def test_a_breach_is_found(rule: str, path: str, source: str) -> None:
    assert path.startswith(RULES[rule].where)
    assert _find(rule, path, source)


@pytest.mark.parametrize("rule, path, source", GOOD)
def test_what_is_allowed_passes(rule: str, path: str, source: str) -> None:
    assert _find(rule, path, source) == []


def test_every_rule_has_a_breach_to_find() -> None:
    assert {rule for rule, _, _ in BAD} == set(RULES)
