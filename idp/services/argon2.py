"""Argon2id (RFC 9106) in memory that is kept, in large pages where the system has them, so that less of a hash is spent on
finding its pages, and as many hashes have memory as may run, whichever threads ask for them."""

import contextlib
import mmap
from typing import Any

from argon2.low_level import ARGON2_VERSION, Type, core, ffi

from idp.domain.policy import Argon2Cost

LENGTH = 32  # bytes of a new hash
_LARGE_PAGE = 2 * 1024 * 1024
_NO_MEMORY = -22  # ARGON2_MEMORY_ALLOCATION_ERROR


class Room:
    """Room for one hash at a time; it becomes as large as the largest so far."""

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None
        self._take = ffi.callback("int(uint8_t **, size_t)", self._give, error=_NO_MEMORY)
        self._leave = ffi.callback("void(uint8_t *, size_t)", lambda memory, size: None)  # Argon2 has wiped it

    def _give(self, place: Any, size: int) -> int:
        if self._memory is None or len(self._memory) < size:
            self._memory = mmap.mmap(-1, -(-size // _LARGE_PAGE) * _LARGE_PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            with contextlib.suppress(OSError):  # a system without large pages
                self._memory.madvise(mmap.MADV_HUGEPAGE)
        place[0] = ffi.cast("uint8_t *", ffi.from_buffer(self._memory))
        return 0

    def digest(self, secret: bytes, salt: bytes, cost: Argon2Cost, length: int = LENGTH) -> bytes | None:
        """The hash; None for costs and lengths that Argon2 does not know."""
        out, password, seasoning = ffi.new("uint8_t[]", length), ffi.from_buffer(secret), ffi.from_buffer(salt)
        context = ffi.new(
            "argon2_context *",
            {
                "version": ARGON2_VERSION,
                "out": out,
                "outlen": length,
                "pwd": ffi.cast("uint8_t *", password),
                "pwdlen": len(secret),
                "salt": ffi.cast("uint8_t *", seasoning),
                "saltlen": len(salt),
                "t_cost": cost.time_cost,
                "m_cost": cost.memory_kib,
                "lanes": cost.parallelism,
                "threads": cost.parallelism,
                "allocate_cbk": self._take,
                "free_cbk": self._leave,
            },
        )
        return bytes(ffi.buffer(out)) if core(context, Type.ID.value) == 0 else None
