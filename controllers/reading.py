"""Reading a device: who it is, where its registers stand, and what it says, in as few requests as it allows."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Generic, TypeVar

from controllers.batches import Span, span_of, together
from controllers.connection import Connection
from controllers.descriptions import MeterDescription
from controllers.points import NOWHERE, Identity, Label, Point, Readable, Register, Scaled, Table
from controllers.registers import RegisterType, decode, raw_bits, sentinels
from controllers.sunspec import Layout, Part, discover, placed, rebuilt, registers_in
from dash_app.domain.errors import BadAnswer, DeviceRefused, WrongDevice

Told = TypeVar("Told", bound=MeterDescription, covariant=True)
LARGEST_EXPONENT = 10


class DeviceReader(Generic[Told]):
    """One device on its endpoint's connection. Whoever calls owns the connection meanwhile (`link.lock`)."""

    def __init__(self, told: Told, link: Connection) -> None:
        self.link = link
        self._told = self._at = told
        self._generation = 0
        self.models: tuple[int, ...] = ()
        self.serial = ""

    def opened(self) -> Told:
        """Return the description with every address, on a connection on which the identity was checked.

        Raise WrongDevice when another device answers, and every DeviceError of reading.
        """
        generation = self.link.connect()
        if generation != self._generation:
            at = self._found()
            self._check_identity(at)
            self.serial = "" if at.serial is None else str(self._label(at.serial)).strip()
            self._at, self._generation = at, generation
        return self._at

    def values(self, points: Sequence[Point | None]) -> tuple[float | None, ...]:
        """Return the value of each point; None for one that the device does not have, does not know or refuses."""
        self.opened()
        references = [None if point is None else point.percent_of for point in points]
        wanted = [point for point in (*points, *references) if point is not None and point.present]
        registers = self.registers(wanted)
        values = [self._value(point, registers) for point in points]
        wholes = [self._value(reference, registers) for reference in references]
        return tuple(
            value if reference is None else _share(value, whole)
            for value, reference, whole in zip(values, references, wholes, strict=True)
        )

    def sums(self, groups: Sequence[Sequence[Point | None]]) -> list[float | None]:
        """Return the sum of each group's values, read together; None where one is not known, or there is none."""
        values = iter(self.values([point for group in groups for point in group]))
        return [_sum([next(values) for _ in group]) for group in groups]

    def registers(self, wanted: Sequence[Readable]) -> dict[Span, tuple[int, ...]]:
        """Return the registers of every readable that the device does not refuse, by where they stand."""
        at = self._told.device
        spans = [span_of(register, at.unit) for register in wanted]
        found: dict[Span, tuple[int, ...]] = {}
        for span, inside in together(spans, most=at.max_read, gap=at.max_gap):
            found |= self._read_batch(span, inside)
        return found

    def holding(self, addr: int, count: int, unit: int | None = None) -> tuple[int, ...]:
        """Return holding registers as they are; raise DeviceError."""
        return self.link.read(Table.HOLDING, addr, count, unit=self._told.device.unit if unit is None else unit)

    @property
    def device_id(self) -> str:
        """The device's id in the file."""
        return self._told.device.id

    @property
    def unit(self) -> int:
        """The device's own unit id."""
        return self._told.device.unit

    def forget(self) -> None:
        """Close the connection: the next question opens a new one and checks the identity again."""
        self.link.close()

    def unit_of(self, register: Readable) -> int:
        """Return the unit id under which a register is read."""
        return self._told.device.unit if register.unit is None else register.unit

    def _value(self, point: Point | None, registers: dict[Span, tuple[int, ...]]) -> float | None:
        got = None if point is None else registers.get(span_of(point, self._told.device.unit))
        return None if point is None or got is None else point.value_of(got)

    def _read_batch(self, span: Span, inside: list[Span]) -> dict[Span, tuple[int, ...]]:
        """Read together; a device that refuses one of them is asked for each on its own."""
        try:
            registers = self.link.read(span.table, span.addr, span.count, unit=span.unit)
        except DeviceRefused:
            if len(inside) == 1:
                return {}
            return {one: got for each in inside for one, got in self._read_batch(each, [each]).items()}
        return {one: span.part(registers, one) for one in inside}

    def _found(self) -> Told:
        """Return the description with addresses on this device, and with its scale factors counted in."""
        layouts: dict[int, Layout] = {}
        for register in registers_in(self._told):
            unit = self._unit(register)
            if register.sunspec and unit not in layouts:
                layouts[unit] = discover(partial(self.holding, unit=unit))
        self.models = tuple(model for layout in layouts.values() for model in layout.starts)
        first = self._told.device.first_address

        def place(register: Register) -> Register:
            if register.sunspec:
                return placed(register, layouts[self._unit(register)])
            return register.model_copy(update={"addr": register.addr - first}) if first else register

        return self._scaled(rebuilt(self._told, place))

    def _scaled(self, at: Part) -> Part:
        """Return the description with what its scale factor registers say counted into its scales."""
        scaled = [register for register in registers_in(at) if isinstance(register, Scaled)]
        factors = [one.scale_from for one in scaled if one.scale_from is not None and one.scale_from.present]
        registers = self.registers(factors)

        def scale(register: Register) -> Register:
            if not isinstance(register, Scaled) or register.scale_from is None:
                return register
            exponent = _exponent(registers.get(span_of(register.scale_from, self._told.device.unit)))
            if exponent is None:
                return register.model_copy(update={"addr": NOWHERE, "scale_from": None})
            return register.model_copy(update={"scale": register.scale * 10.0**exponent, "scale_from": None})

        return rebuilt(at, scale)

    def _unit(self, register: Register) -> int:
        return self.unit_of(register) if isinstance(register, Readable) else self._told.device.unit

    def _check_identity(self, at: MeterDescription) -> None:
        for mark in at.identity:
            found = self._label(mark)
            if not _is(mark, found):
                self.link.close()
                raise WrongDevice(f"{at.device.id}: register {mark.addr} holds {found}, not {mark.equals}")

    def _label(self, label: Label) -> int | str:
        if not label.present:
            return ""
        registers = self.link.read(label.table, label.addr, label.width, unit=self.unit_of(label))
        return label.label_of(registers)


def _is(mark: Identity, found: int | str) -> bool:
    if isinstance(mark.equals, str):
        return fnmatchcase(str(found), mark.equals)
    return found == mark.equals


def _exponent(registers: tuple[int, ...] | None) -> int | None:
    """Return the power of ten in a scale factor register, or None when the device does not have it."""
    if registers is None or raw_bits(registers, RegisterType.INT16) in sentinels(RegisterType.INT16):
        return None
    exponent = int(decode(registers, RegisterType.INT16))
    if abs(exponent) > LARGEST_EXPONENT:
        raise BadAnswer(f"a scale factor of 10^{exponent} is none of SunSpec's")
    return exponent


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _share(value: float | None, whole: float | None) -> float | None:
    return None if value is None or whole is None else value * whole / 100.0
