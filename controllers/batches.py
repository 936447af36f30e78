"""Which registers are read together: as few requests as possible, never over a gap that a device may refuse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controllers.points import Readable, Table


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """Registers of one table of one unit, one behind the other."""

    unit: int
    table: Table
    addr: int
    count: int

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.addr + self.count

    def part(self, registers: tuple[int, ...], inner: Span) -> tuple[int, ...]:
        """Return the registers of a span that lies inside this one."""
        return registers[inner.addr - self.addr : inner.end - self.addr]


def span_of(register: Readable, unit: int) -> Span:
    """Return where a register of a device with this unit id stands."""
    own = unit if register.unit is None else register.unit
    return Span(unit=own, table=register.table, addr=register.addr, count=register.width)


def together(wanted: Iterable[Span], *, most: int, gap: int) -> list[tuple[Span, list[Span]]]:
    """Return what to read, each with the wanted spans inside it: at most `most` registers, over at most `gap` others.

    >>> a, b, c = (Span(unit=1, table=Table.INPUT, addr=addr, count=2) for addr in (0, 2, 9))
    >>> [(read.addr, read.count) for read, _ in together([c, a, b], most=125, gap=0)]
    [(0, 4), (9, 2)]
    """
    batches: list[tuple[Span, list[Span]]] = []
    for span in sorted(set(wanted)):
        if batches and (joined := _joined(batches[-1][0], span, most, gap)) is not None:
            batches[-1] = (joined, [*batches[-1][1], span])
        else:
            batches.append((span, [span]))
    return batches


def _joined(first: Span, then: Span, most: int, gap: int) -> Span | None:
    count = max(first.end, then.end) - first.addr
    if (first.unit, first.table) != (then.unit, then.table) or then.addr > first.end + gap or count > most:
        return None
    return Span(unit=first.unit, table=first.table, addr=first.addr, count=count)
