"""Registers in memory that a stranger's Modbus server hands out, and what the device behind them makes of a write."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

HOLDING, INPUT = "holding", "input"


@dataclass
class Area:
    """Registers from `start` on, in memory that C can share."""

    start: int
    words: ctypes.Array[ctypes.c_uint16]


@dataclass
class Bank:
    """Areas by unit and table. `refuse` returns an exception code for a write, `follow` runs after one.

    A server answers and records under `lock`, and what is asked for here waits for it: an answered write is recorded.
    """

    areas: dict[tuple[int, str], Area] = field(default_factory=dict)
    refuse: Callable[[int, int, Sequence[int]], int] = lambda *_: 0
    follow: Callable[[int], None] = lambda *_: None
    recorded: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    reads: list[tuple[int, str, int, int]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def writes(self) -> list[tuple[int, tuple[int, ...]]]:
        """Every write that was made, in order: address and words."""
        with self.lock:
            return self.recorded

    def add(self, unit: int, table: str, start: int, count: int) -> None:
        self.areas[unit, table] = Area(start, (ctypes.c_uint16 * count)())

    def get(self, unit: int, table: str, addr: int, count: int) -> list[int] | None:
        area = self.areas.get((unit, table))
        if area is None or addr < area.start or addr + count > area.start + len(area.words):
            return None
        with self.lock:
            return list(area.words[addr - area.start : addr - area.start + count])

    def put(self, unit: int, table: str, addr: int, values: Sequence[int]) -> None:
        area = self.areas[unit, table]
        for place, value in enumerate(values):
            area.words[addr - area.start + place] = value

    def put32(self, unit: int, table: str, addr: int, value: int) -> None:
        self.put(unit, table, addr, [value >> 16 & 0xFFFF, value & 0xFFFF])

    def get32(self, unit: int, table: str, addr: int) -> int:
        high, low = self.get(unit, table, addr, 2) or (0, 0)
        return int.from_bytes(bytes([high >> 8, high & 255, low >> 8, low & 255]), "big", signed=True)

    def heard(self, unit: int, table: str, addr: int, count: int) -> None:
        self.reads.append((unit, table, addr, count))

    def refused(self, unit: int, addr: int, values: Sequence[int]) -> int:
        """Return 0 when a write may be made, else the exception code."""
        if self.get(unit, HOLDING, addr, len(values)) is None:
            return 2
        return self.refuse(unit, addr, values)

    def wrote(self, unit: int, addr: int, values: Sequence[int]) -> None:
        self.recorded.append((addr, tuple(values)))
        self.follow(unit)
