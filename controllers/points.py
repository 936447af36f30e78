"""The parts of a device description: where a number stands, what it means, and how a write to it is believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from controllers.registers import RegisterType, WordOrder, decode, raw_bits, sentinels
from dash_app.domain.dispatch import Mode

WATTS = {"W": 1.0, "kW": 1000.0}
W_PER_KW = 1000.0

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


class Register(Strict):
    """Where a number stands and how it is written."""

    addr: Address
    type: RegisterType = RegisterType.UINT16
    word_order: WordOrder = WordOrder.BIG


class Point(Register):
    """A number to read. `unit` is the Modbus unit id (default: the device's); value = raw x `scale`.

    `unknown` lists the raw bits that mean "not available"; left out, SunSpec's are assumed.
    """

    table: Table = Table.HOLDING
    unit: UnitId | None = None
    scale: float = Field(1.0, gt=0)
    unknown: tuple[int, ...] | None = None

    def value_of(self, registers: Sequence[int]) -> float | None:
        """Return the scaled value, or None when the device says that it does not know."""
        known_as = sentinels(self.type) if self.unknown is None else self.unknown
        if raw_bits(registers, self.type, self.word_order) in known_as:
            return None
        value = decode(registers, self.type, self.word_order) * self.scale
        return value if math.isfinite(value) else None


class Identity(Point):
    """A register whose value proves that this is the device we mean."""

    equals: int


class PowerTelemetry(Point):
    """The measured power that must follow the set-point within `tolerance` (in the set-point's unit)."""

    tolerance: float = Field(ge=0)
    settle_s: float = Field(gt=0)
    sign: Sign | None = None


class Soc(Point):
    """State of charge; value in percent."""

    max_age_s: float = Field(30.0, gt=0)


class ModePoint(Point):
    """Who commands the device."""

    values: dict[int, Mode]


class Verify(Strict):
    """How a write is believed: the register read again, then the measured power."""

    readback: Literal["same"] | Point = "same"
    tolerance: float = Field(0.0, ge=0)
    telemetry: PowerTelemetry


class Write(Register):
    """A fixed value in the arm or release sequence."""

    value: float
    write_fc: Literal[6, 16] | None = None
    readback: bool = True


class Watchdog(Register):
    """The device's own timer: it falls back by itself `seconds` after the last refresh."""

    seconds: int = Field(gt=0)
    refresh_s: float | None = Field(None, gt=0)
    expect_fallback_within_s: float | None = None
    write_fc: Literal[6, 16] | None = None

    @model_validator(mode="after")
    def _refresh_is_early_enough(self) -> Self:
        if self.refresh_s is not None and self.refresh_s > self.seconds / 2:
            raise ValueError(f"refresh_s {self.refresh_s:g} is later than half of seconds ({self.seconds})")
        return self

    @property
    def refresh_every_s(self) -> float:
        """Seconds between two refreshes."""
        return self.seconds / 2 if self.refresh_s is None else self.refresh_s


class Setpoint(Register):
    """The power we may ask for. `min`, `max`, `deadband` and tolerances are in `unit`, in the maker's sign."""

    write_fc: Literal[6, 16] = 16
    unit: Literal["W", "kW"] = "W"
    scale: float = Field(1.0, gt=0)
    sign: Sign = Sign.DISCHARGE_POSITIVE
    min: float
    max: float
    max_from: Point | None = None
    min_from: Point | None = None
    deadband: float = Field(0.0, ge=0)
    volatile: Literal[True] = True
    verify: Verify

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.min <= 0 <= self.max:
            raise ValueError(f"min {self.min:g} and max {self.max:g} must enclose 0")
        if self.write_fc == 6 and self.type.width > 1:
            raise ValueError(f"write_fc 6 writes one register, {self.type.value} needs {self.type.width}")
        return self

    @property
    def kw_per_unit(self) -> float:
        """How many kW one of the file's engineering units is."""
        return WATTS[self.unit] / W_PER_KW
