"""The ephemeral store in Redis: one server, or the master that Sentinels name."""

import hashlib
import os
from typing import Any, Callable
from urllib.parse import parse_qs, unquote, urlsplit

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry
from redis.sentinel import Sentinel

from idp.adapters.redis_watch import Watch
from idp.ports import Spent, Unavailable

POOL = 64  # per process; more than the threads that gunicorn may have
PATIENCE = 1.0  # seconds for an answer
EVICTS = "Redis may throw away what it is to remember; set: maxmemory-policy noeviction"
SAVES = 'Redis saves to disk, and who has signed out would be back after its restart; set: save "" and appendonly no'
# the first byte of a stored value says whether it is fresh or spent
_FRESH, _SPENT = b"f", b"s"


class _Script:
    def __init__(self, text: bytes):
        self.text, self.digest = text, hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()


_SPEND = _Script(b"""
local held = redis.call('GET', KEYS[1])
if not held then return false end
if string.sub(held, 1, 1) == 'f' then redis.call('SET', KEYS[1], 's' .. string.sub(held, 2), 'EX', ARGV[1]) end
return held
""")
_HIT = _Script(b"""
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
""")


def _options(patience: float) -> dict[str, Any]:
    # Never repeated: a GETDEL or INCR that was sent twice is not once. Dead connections of the pool are found before
    # a command is sent, so the first request after a restart of the server succeeds.
    return {
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        "health_check_interval": 30,
        "retry": Retry(NoBackoff(), 0),
    }


def _place(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if colon else (text, 26379)


def _sentinel(url: str, patience: float) -> tuple[Redis, Watch]:
    """redis+sentinel://[user:password@]host:port,host2:port2/service?db=0&tls=true&sentinel_password=…"""
    parts = urlsplit(url)
    credentials, _, places = parts.netloc.rpartition("@")
    user, _, password = (unquote(part) for part in credentials.partition(":"))
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    service = parts.path.strip("/")
    if not places or not service:
        raise ValueError("write redis+sentinel://host:port,host2:port2/service?db=0")
    common = {**_options(patience), **({"ssl": True} if query.get("tls") == "true" else {})}
    sentinel = Sentinel(
        [_place(place) for place in places.split(",")],
        sentinel_kwargs={**common, "password": query.get("sentinel_password")},
        **common,
    )
    who = {"username": user or None, "password": password or None}
    return sentinel.master_for(service, max_connections=POOL, db=int(query.get("db", 0)), **who), Watch(sentinel, service)


def _packed(command: tuple[bytes, ...]) -> bytes:
    """The command as Redis reads it (RESP)."""
    return b"*%d\r\n" % len(command) + b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in command])


def _where(connection: Any) -> tuple[Any, Any]:
    return getattr(connection, "host", None), getattr(connection, "port", None)


def _value(key: str) -> bytes:
    return b"idp:v:" + key.encode("ascii")


class RedisEphemeral:
    """`url`: redis:// · rediss:// · unix:// as redis-py reads them, or redis+sentinel:// (see `_sentinel`).

    Raises ValueError with a plain reason for a URL that cannot be read. The clock is the Redis server's; how it has to be set up,
    `mistakes` says. `patience`: seconds for an answer.
    """

    def __init__(self, url: str, patience: float = PATIENCE):
        # what counts once has reached a replica before anybody hears that it counted, or it would count again after a failover
        self._wait = (b"WAIT", b"1", b"%d" % (patience * 500))
        self._watch: Watch | None = None
        if url.startswith("redis+sentinel://"):
            self._redis, self._watch = _sentinel(url, patience)
        else:
            pool = BlockingConnectionPool.from_url(url, max_connections=POOL, timeout=1, **_options(patience))
            self._redis = Redis(connection_pool=pool)
        self.forget_connections()

    def forget_connections(self) -> None:
        """In a forked child: leave the parent's connections alone."""
        self._redis.connection_pool.reset()
        self._idle: list[Any] = []
        self._pid = os.getpid()

    def _ask(self, *commands: tuple[bytes, ...]) -> Any:
        """The answer to the last of the commands, which are sent once."""
        return self._all(*commands)[0][-1]

    def _claim(self, command: tuple[bytes, ...]) -> Any:
        """The answer to a command that counts once, or ends something. With Sentinels only if the replica that may take over has
        it, too, or there is none; else it is as if the store had not answered, and what was claimed stays claimed."""
        if self._watch is None or self._watch.alone():
            return self._ask(command)
        (answer, replicas), master = self._all(command, self._wait)
        if not replicas and not self._watch.found_alone(master, bool(self._ask((b"ROLE",))[2])):
            self._watch.soon()
            raise Unavailable("ephemeral store")
        return answer

    def _all(self, *commands: tuple[bytes, ...]) -> tuple[list[Any], tuple[Any, Any]]:
        """The answer to each, and where it was given. redis-py's own way there costs several times the server's work."""
        try:
            connection = self._ready()
            try:
                connection.send_packed_command([b"".join([_packed(command) for command in commands])])
                answers = [connection.read_response() for _ in commands]
            except BaseException:
                connection.disconnect()
                raise
            finally:
                self._idle.append(connection)
            for answer in answers:
                if isinstance(answer, RedisError):
                    raise answer
            return answers, _where(connection)
        except NoScriptError:
            raise
        except (RedisError, OSError) as error:
            if self._watch:
                self._watch.soon()
            raise Unavailable("ephemeral store") from error

    def _ready(self) -> Any:
        """A connection; one that the server has hung up on, that has more to say, or that leads to a master which is none any more
        is connected anew."""
        if self._pid != os.getpid():
            self.forget_connections()
        master = self._watch and self._watch.address()
        try:
            connection = self._idle.pop()  # the warm one
        except IndexError:
            return self._redis.connection_pool.get_connection()
        try:
            connection.connect()  # nothing to do, as a rule
            try:
                stale = bool(master) and _where(connection) != master or connection.can_read()
            except (RedisError, OSError):
                stale = True
            if stale:
                connection.disconnect()
                connection.connect()
        except BaseException:
            self._idle.append(connection)
            raise
        return connection

    def _run(self, script: _Script, key: bytes, argument: int, run: Callable[[tuple[bytes, ...]], Any]) -> Any:
        rest = (b"1", key, b"%d" % argument)
        try:
            return run((b"EVALSHA", script.digest, *rest))
        except NoScriptError:  # nothing was run: the server has not seen it since its start
            return run((b"EVAL", script.text, *rest))

    def put(self, key: str, value: bytes, seconds: int, *also: tuple[str, bytes, int]) -> None:
        """Store or replace the value and its lifetime; `also`: others, in the same step."""
        rows = ((key, value, seconds), *also)
        self._ask(*[(b"SET", _value(name), _FRESH + it, b"EX", b"%d" % life) for name, it, life in rows])

    def add(self, key: str, value: bytes, seconds: int) -> bool:
        """Store only if no live value is there; true for exactly one of many parallel callers."""
        return bool(self._claim((b"SET", _value(key), _FRESH + value, b"EX", b"%d" % seconds, b"NX")))

    def get(self, key: str) -> bytes | None:
        """The live value, or None."""
        held = self._ask((b"GET", _value(key)))
        return held[1:] if held else None

    def take(self, key: str) -> bytes | None:
        """The live value, removed: exactly one of many parallel callers gets it."""
        held = self._claim((b"GETDEL", _value(key)))
        return held[1:] if held else None

    def spend(self, key: str, keep_seconds: int) -> Spent | None:
        """Mark the live value as spent and keep it for `keep_seconds` from the first time on."""
        held = self._run(_SPEND, _value(key), keep_seconds, self._claim)
        return Spent(held[1:], held[:1] == _FRESH) if held else None

    def drop(self, key: str) -> None:
        """Remove the value; nothing happens if there is none."""
        self._claim((b"DEL", _value(key)))

    def hit(self, key: str, window_seconds: int) -> int:
        """Count one event and return the count within the window that the first event opened."""
        count: int = self._run(_HIT, b"idp:h:" + key.encode("ascii"), window_seconds, self._ask)
        return count

    def ping(self) -> None:
        """Return if the store can be written."""
        self.put("ping", b"", 10)

    def mistakes(self) -> list[str]:
        """What its settings forget that must be remembered (a used-mark that is gone is a replay), or keep that must be forgotten.
        What the server does not tell us is taken as well."""
        try:
            known = self._redis.info()
            try:
                saves = bool(self._redis.config_get("save").get("save"))
            except ResponseError:  # whoever runs Redis for others lets nobody ask
                saves = False
        except RedisError as error:
            raise Unavailable("ephemeral store") from error
        evicts = known.get("maxmemory_policy", "noeviction") != "noeviction"
        return [EVICTS] * evicts + [SAVES] * (saves or bool(known.get("aof_enabled")))
