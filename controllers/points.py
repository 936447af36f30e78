"""The parts of a device description: where a number stands, what it means, and who may be believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from controllers.registers import (
    ByteOrder,
    RegisterType,
    WordOrder,
    decode,
    encode,
    raw_bits,
    sentinels,
    swapped,
    text_of,
)
from controllers.sunspec_models import model_point
from dash_app.domain.dispatch import Mode

WATTS = {"W": 1.0, "kW": 1000.0}
W_PER_KW = 1000.0
NOWHERE = -1
"""The address of a point that this device does not have."""

Address = Annotated[int, Field(ge=0, le=0xFFFF)]
UnitId = Annotated[int, Field(ge=0, le=255)]


class Table(StrEnum):
    """Which of a device's tables: holding is read by function 3, input by function 4."""

    HOLDING = "holding"
    INPUT = "input"


class Sign(StrEnum):
    """What the maker counts positive."""

    DISCHARGE_POSITIVE = "discharge_positive"
    CHARGE_POSITIVE = "charge_positive"

    @property
    def factor(self) -> int:
        """Multiply by this to get, or to leave, our convention (discharge positive)."""
        return 1 if self is Sign.DISCHARGE_POSITIVE else -1


class Strict(BaseModel):
    """A part of the file: unknown keys are faults, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _references(value: Any) -> Any:
    """Return the names of points as a tuple; raise ValueError for one that is not known."""
    names = (value,) if isinstance(value, str) else value
    for name in names if isinstance(names, list | tuple) else ():
        model_point(str(name))
    return names


class Register(Strict):
    """Where a number stands and how it is written: at `addr`, or where the device has a point of SunSpec.

    `sunspec` is "124.OutWRte", or a list of which the first that the device has counts; type and scale factor are then
    those of the model. Addresses count from the device's `first_address`.
    """

    addr: Address = 0
    sunspec: Annotated[tuple[str, ...], BeforeValidator(_references)] = ()
    type: RegisterType = RegisterType.UINT16
    word_order: WordOrder = WordOrder.BIG
    byte_order: ByteOrder = ByteOrder.BIG

    @model_validator(mode="before")
    @classmethod
    def _has_the_type_of_the_model(cls, data: Any) -> Any:
        """Give a point of SunSpec the type that the first of its models has."""
        if not isinstance(data, dict) or "type" in data or not data.get("sunspec"):
            return data
        (first, *_) = _references(data["sunspec"]) or [""]
        return {**data, "type": model_point(str(first)).type}

    @model_validator(mode="after")
    def _stands_somewhere(self) -> Self:
        if ("addr" in self.model_fields_set) == bool(self.sunspec):
            raise ValueError("needs either addr or sunspec")
        return self

    @property
    def present(self) -> bool:
        """Whether this device has the register."""
        return self.addr != NOWHERE

    @property
    def width(self) -> int:
        """The number of registers."""
        return self.type.width

    def registers_of(self, raw: float) -> tuple[int, ...]:
        """Return the registers that hold a raw value; raise OutOfLimits for what the type cannot hold."""
        registers = encode(raw, self.type, self.word_order)
        return registers if self.byte_order is ByteOrder.BIG else swapped(registers)

    def raw_of(self, registers: Sequence[int]) -> float:
        """Return the raw value; raise BadAnswer when the registers are not as many as the type has."""
        return decode(self.in_order(registers), self.type, self.word_order)

    def in_order(self, registers: Sequence[int]) -> Sequence[int]:
        """Return the registers with the big half of each first."""
        return registers if self.byte_order is ByteOrder.BIG else swapped(registers)


class Readable(Register):
    """A register to read. `unit` is the Modbus unit id (default: the device's)."""

    table: Table = Table.HOLDING
    unit: UnitId | None = None


class Scaled(Register):
    """value = raw x `scale` x 10^(the number in `scale_from`) + `offset`."""

    scale: float = 1.0
    scale_from: Readable | None = None
    offset: float = 0.0

    @model_validator(mode="after")
    def _can_be_undone(self) -> Self:
        if not self.scale or not math.isfinite(self.scale):
            raise ValueError("scale must be a number other than 0")
        return self


class Point(Scaled, Readable):
    """A number to read.

    `unknown` lists the raw bits that mean "not available"; left out, SunSpec's are assumed. What lies outside
    `at_least` and `at_most` is implausible, so unknown. `percent_of` is a point that is 100 %.
    """

    unknown: tuple[int, ...] | None = None
    at_least: float = -math.inf
    at_most: float = math.inf
    percent_of: Point | None = None

    def value_of(self, registers: Sequence[int]) -> float | None:
        """Return the scaled value, or None when the device says that it does not know, or it cannot be."""
        known_as = sentinels(self.type) if self.unknown is None else self.unknown
        if raw_bits(self.in_order(registers), self.type, self.word_order) in known_as:
            return None
        value = self.raw_of(registers) * self.scale + self.offset
        return value if math.isfinite(value) and self.at_least <= value <= self.at_most else None


class Label(Readable):
    """What a device is called: a number, or a text of `length` registers."""

    length: int = Field(0, ge=0, le=64)

    @property
    def width(self) -> int:
        """The number of registers."""
        return self.length or self.type.width

    def label_of(self, registers: Sequence[int]) -> int | str:
        """Return the text, or the number."""
        return text_of(self.in_order(registers)) if self.length else int(self.raw_of(registers))


class Identity(Label):
    """A label whose content proves that this is the device we mean."""

    equals: int | str

    @model_validator(mode="after")
    def _can_be_compared(self) -> Self:
        if not self.sunspec and isinstance(self.equals, str) != bool(self.length):
            raise ValueError("a text to compare with needs length, a number none")
        return self


class PowerTelemetry(Point):
    """The measured power that must follow the set-point within `tolerance` (in the set-point's unit)."""

    tolerance: float = Field(ge=0)
    settle_s: float = Field(gt=0)
    sign: Sign | None = None


class Soc(Point):
    """State of charge; value in percent. Older than `max_age_s` by the device's own clock, it is unknown."""

    max_age_s: float = Field(30.0, gt=0)


class ModePoint(Point):
    """Who commands the device."""

    values: dict[int, Mode]


class Permit(Point):
    """What must be so for control to be allowed: the value is one of `equals`, none of the bits of `no_bits` is set."""

    equals: tuple[float, ...] = ()
    no_bits: int = 0
    means: str = ""

    def forbids(self, value: float | None) -> str:
        """Return why control is not allowed, or ""."""
        what = self.means or "/".join(self.sunspec) or f"register {self.addr}"
        if value is None:
            return f"{what} is unknown"
        if self.equals and value not in self.equals:
            return f"{what} is {value:g}"
        return f"{what}: alarm bits {int(value) & self.no_bits:#x}" if int(value) & self.no_bits else ""
