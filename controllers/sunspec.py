"""Find SunSpec's models on a device, and give a description the addresses that its points have there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from controllers.points import NOWHERE, Label, Readable, Register, Scaled, Strict
from controllers.registers import RegisterType
from controllers.sunspec_models import model_point
from dash_app.domain.errors import BadAnswer, DeviceRefused

BASES = (40000, 0, 50000)
MARK = (0x5375, 0x6E53)
"""The letters SunS, with which the models begin."""
END, MOST_MODELS, LAST_ADDRESS = 0xFFFF, 100, 0xFFFF
HEAD = 2

Part = TypeVar("Part", bound=Strict)
ReadHolding = Callable[[int, int], tuple[int, ...]]
"""(address, count) -> registers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where each model begins, in the order found; the first of its kind counts."""

    starts: dict[int, int]

    def address_of(self, references: tuple[str, ...]) -> tuple[int, str] | None:
        """Return the address of the first point that the device has, and its name."""
        for reference in references:
            point = model_point(reference)
            if point.model in self.starts:
                return self.starts[point.model] + point.offset, reference
        return None


def discover(read: ReadHolding) -> Layout:
    """Return the models of a device; raise BadAnswer where there are none, or where they never end."""
    for base in BASES:
        try:
            found = read(base, HEAD)
        except DeviceRefused:
            continue
        if found == MARK:
            return _walk(read, base + len(MARK))
    raise BadAnswer(f"no SunSpec device: its mark stands at none of {', '.join(map(str, BASES))}")


def _walk(read: ReadHolding, addr: int) -> Layout:
    starts: dict[int, int] = {}
    for _ in range(MOST_MODELS):
        model, length = _head(read, addr)
        if model == END:
            return Layout(starts=starts)
        starts.setdefault(model, addr)
        addr += HEAD + length
        if addr + HEAD > LAST_ADDRESS:
            break
    raise BadAnswer(f"SunSpec's models do not end: {len(starts)} found, the last before address {addr}")


def _head(read: ReadHolding, addr: int) -> tuple[int, int]:
    """Return a model's id and length; some devices end right behind the last id."""
    try:
        model, length = read(addr, HEAD)
    except DeviceRefused:
        (model,) = read(addr, 1)
        if model != END:
            raise
        return model, 0
    return model, length


def registers_in(part: Any) -> Iterator[Register]:
    """Yield every register of a description."""
    if isinstance(part, tuple):
        for each in part:
            yield from registers_in(each)
    elif isinstance(part, Strict):
        if isinstance(part, Register):
            yield part
        for name in type(part).model_fields:
            yield from registers_in(getattr(part, name))


def rebuilt(part: Part, change: Callable[[Register], Register]) -> Part:
    """Return a description in which every register, inner ones first, is what `change` makes of it."""
    built: Part = _rebuilt(part, change)
    return built


def _rebuilt(part: Any, change: Callable[[Register], Register]) -> Any:
    if isinstance(part, tuple):
        return tuple(_rebuilt(each, change) for each in part)
    if not isinstance(part, Strict):
        return part
    parts = {name: _rebuilt(getattr(part, name), change) for name in type(part).model_fields}
    copy = part.model_copy(update=parts)
    return change(copy) if isinstance(copy, Register) else copy


def placed(register: Register, layout: Layout) -> Register:
    """Return a register of SunSpec with the address, type, length and scale factor that it has on this device."""
    found = layout.address_of(register.sunspec)
    if found is None:
        return register.model_copy(update={"addr": NOWHERE})
    addr, reference = found
    point = model_point(reference)
    update: dict[str, Any] = {"addr": addr, "type": RegisterType(point.type)}
    if isinstance(register, Label):
        update["length"] = point.length
    elif isinstance(register, Scaled) and point.scale_offset is not None:
        unit = register.unit if isinstance(register, Readable) else None
        scale_addr = addr - point.offset + point.scale_offset
        update["scale_from"] = Readable(addr=scale_addr, type=RegisterType.INT16, unit=unit)
    return register.model_copy(update=update)
