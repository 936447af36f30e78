"""The parts of a device description that are written: set-point, watchdog, heartbeat, and fixed values in sequences."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from controllers.points import W_PER_KW, WATTS, Point, PowerTelemetry, Register, Scaled, Sign, Strict
from controllers.registers import RegisterType

WriteFunction = Literal[6, 16]


class Verify(Strict):
    """How a write is believed: the register read again, here or where the device shows it, then the measured power."""

    readback: Literal["same"] | Point = "same"
    tolerance: float = Field(0.0, ge=0)
    telemetry: PowerTelemetry


class Write(Register):
    """A fixed raw value in a sequence."""

    value: float
    write_fc: WriteFunction | None = None
    readback: bool = True

    @property
    def registers(self) -> tuple[int, ...]:
        """What is written."""
        return self.registers_of(self.value)


class Watchdog(Register):
    """The device's own timer: it falls back by itself `seconds` after the last refresh.

    `remaining` is where the device shows what is left of it: the proof that it runs.
    """

    seconds: int = Field(gt=0)
    refresh_s: float | None = Field(None, gt=0)
    expect_fallback_within_s: float | None = None
    write_fc: WriteFunction | None = None
    remaining: Point | None = None

    @model_validator(mode="after")
    def _refresh_is_early_enough(self) -> Self:
        if self.refresh_s is not None and self.refresh_s > self.seconds / 2:
            raise ValueError(f"refresh_s {self.refresh_s:g} is later than half of seconds ({self.seconds})")
        return self

    @property
    def refresh_every_s(self) -> float:
        """Seconds between two refreshes."""
        return self.seconds / 2 if self.refresh_s is None else self.refresh_s

    @property
    def registers(self) -> tuple[int, ...]:
        """What is written."""
        return self.registers_of(self.seconds)


class Heartbeat(Register):
    """A register that shows the device that we live: it counts up to `last`, or goes to and fro between 0 and 1."""

    pattern: Literal["count", "toggle"] = "count"
    last: int = Field(0xFFFF, ge=1)
    write_fc: WriteFunction | None = None

    def next_after(self, raw: float) -> int:
        """Return the beat that follows what the register holds."""
        last = 1 if self.pattern == "toggle" else self.last
        return int(raw) + 1 if 0 <= raw < last else 0


class Busy(Strict):
    """Modbus exceptions that mean "later": how long to wait, and how often to try in all. All others mean "stop"."""

    codes: tuple[Literal[4, 5, 6, 10, 11], ...] = (5, 6)
    pause_s: float = Field(0.3, ge=0, le=2)
    tries: int = Field(3, ge=1, le=5)


class Setpoint(Scaled):
    """The power we may ask for.

    `min`, `max`, `deadband`, `step` and tolerances are in `unit`, in the maker's sign. With `percent_of`, the scaled
    value is a percentage of what that point says, in `unit`. `opposite` is the register right behind this one, which
    takes the same value negated, in the same write.
    """

    write_fc: WriteFunction = 16
    unit: Literal["W", "kW"] = "W"
    scale: float = Field(1.0, gt=0)
    sign: Sign = Sign.DISCHARGE_POSITIVE
    min: float
    max: float
    max_from: Point | None = None
    min_from: Point | None = None
    percent_of: Point | None = None
    opposite: Register | None = None
    step: float = Field(0.0, ge=0)
    deadband: float = Field(0.0, ge=0)
    volatile: Literal[True] = True
    verify: Verify

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.min <= 0 <= self.max:
            raise ValueError(f"min {self.min:g} and max {self.max:g} must enclose 0")
        wide = self.type.width > 1 or self.opposite is not None
        if self.write_fc == 6 and wide:
            raise ValueError(f"write_fc 6 writes one register, {self.type.value} needs {self.type.width}")
        if self.opposite is not None and self.type not in SIGNED:
            raise ValueError(f"opposite needs a type that can be negative, not {self.type.value}")
        return self

    @property
    def kw_per_unit(self) -> float:
        """How many kW one of the file's engineering units is."""
        return WATTS[self.unit] / W_PER_KW

    @property
    def written(self) -> int:
        """The number of registers that one write sets."""
        return self.width * (1 if self.opposite is None else 2)

    @property
    def read_at(self) -> Point:
        """Where the device shows what it was told."""
        return self.verify.readback if isinstance(self.verify.readback, Point) else self.read_as

    @property
    def read_as(self) -> Point:
        """The set-point's own register as a number to read."""
        shared = {name: getattr(self, name) for name in SHARED}
        return BLANK.model_copy(update=shared)

    def against(self, reference: float | None) -> Setpoint:
        """Return the set-point with what is 100 % counted into its scale."""
        if self.percent_of is None or reference is None:
            return self
        return self.model_copy(update={"scale": self.scale * reference / 100.0, "percent_of": None})


BLANK = Point(addr=0)
SHARED = ("addr", "type", "word_order", "byte_order", "scale", "scale_from", "offset", "percent_of")
SIGNED = (RegisterType.INT16, RegisterType.INT32, RegisterType.INT64, RegisterType.FLOAT32, RegisterType.FLOAT64)


def _step_of_sequence(value: Any) -> Any:
    if isinstance(value, str) and value not in ("watchdog", "setpoint", "heartbeat"):
        raise ValueError(f"{value!r} is neither watchdog, setpoint, heartbeat nor a write")
    return value


Name = Literal["watchdog", "setpoint", "heartbeat"]
ArmStep = Annotated[Name | Write, BeforeValidator(_step_of_sequence)]
