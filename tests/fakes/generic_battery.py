"""The generic battery of docs/devices.md as a bank of registers: it does at once what it is told."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes.register_bank import HOLDING, INPUT, Bank

LIMIT_W = 75_000
LOAD_W, PV_W = 30_000, 12_000


def generic_battery() -> Bank:
    bank = Bank()
    for unit in (1, 2, 3, 4):
        bank.add(unit, HOLDING, 0, 64)
        bank.add(unit, INPUT, 0, 64)
    bank.put(1, HOLDING, 0, [0xBA77, 1, 3])
    bank.put(1, INPUT, 2, [500, 0, 1])
    bank.put32(1, INPUT, 5, LIMIT_W)
    bank.put32(1, INPUT, 7, LIMIT_W)
    bank.put32(1, INPUT, 11, 600)
    bank.put32(2, INPUT, 0, PV_W)
    bank.put32(3, INPUT, 4, LOAD_W - PV_W)
    bank.put32(4, INPUT, 0, LOAD_W)

    def refuse(unit: int, addr: int, values: Sequence[int]) -> int:
        if unit != 1 or not 10 <= addr <= addr + len(values) - 1 <= 14:
            return 2
        asked = int.from_bytes(b"".join(word.to_bytes(2, "big") for word in values), "big", signed=True)
        return 3 if addr == 10 and abs(asked) > LIMIT_W else 0

    def follow(_: int) -> None:
        enabled = bank.get(1, HOLDING, 12, 1) == [1]
        power = bank.get32(1, HOLDING, 10) if enabled else 0
        bank.put32(1, INPUT, 0, power)
        bank.put(1, INPUT, 4, [2 if enabled else 1])
        bank.put32(3, INPUT, 4, LOAD_W - PV_W - power)

    bank.refuse, bank.follow = refuse, follow
    return bank
