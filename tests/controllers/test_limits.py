"""The last gate before the wire: what the registers mean is what is checked."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.commands import Setpoint, Verify
from controllers.limits import Bounds, kw_of_registers, setpoint_registers
from controllers.points import Point, PowerTelemetry, Register, Sign
from controllers.registers import RegisterType, WordOrder
from dash_app.domain.errors import OutOfLimits
from tests.fakes.devices import a_device
from tests.fakes.payloads import a_step

WIDE = Bounds(low_kw=-75.0, high_kw=75.0)


def a_setpoint(kind: RegisterType, order: WordOrder, sign: Sign, scale: float) -> Setpoint:
    telemetry = PowerTelemetry(addr=0, tolerance=1, settle_s=1)
    verify = Verify(telemetry=telemetry)
    return Setpoint(addr=1, type=kind, word_order=order, sign=sign, scale=scale, min=-75_000, max=75_000, verify=verify)


@given(
    kind=st.sampled_from([RegisterType.INT32, RegisterType.INT64, RegisterType.FLOAT64, RegisterType.INT16]),
    order=st.sampled_from(WordOrder),
    sign=st.sampled_from(Sign),
    scale=st.sampled_from([1.0, 0.1, 10.0, 7.0]),
    wanted=st.floats(-100, 100) | st.just(float("nan")),
    low=st.floats(-75, 75),
    high=st.floats(-75, 75),
)
def test_what_the_registers_mean_is_inside_the_bounds_or_nothing_is_sent(
    kind: RegisterType, order: WordOrder, sign: Sign, scale: float, wanted: float, low: float, high: float
) -> None:
    setpoint, bounds = a_setpoint(kind, order, sign, scale), Bounds(low_kw=low, high_kw=high)
    try:
        registers = setpoint_registers(setpoint, wanted, bounds)
    except OutOfLimits:
        return
    meant = kw_of_registers(setpoint, registers)
    assert meant is not None and low - 1e-6 <= meant <= high + 1e-6
    assert abs(meant - wanted) <= scale / 1000 + 1e-6


@given(
    kind=st.sampled_from([RegisterType.INT16, RegisterType.INT32, RegisterType.FLOAT32]),
    order=st.sampled_from(WordOrder),
    sign=st.sampled_from(Sign),
    unit=st.sampled_from(["W", "kW"]),
    step=st.sampled_from([0.0, 5.0, 100.0]),
    whole=st.none() | st.floats(100, 80_000),
    offset=st.sampled_from([0.0, 7.0]),
    wanted=st.floats(-90, 90),
    low=st.floats(-75, 0),
    high=st.floats(0, 75),
)
def test_whatever_a_register_counts_in_it_never_means_more_than_is_allowed(
    kind: RegisterType,
    order: WordOrder,
    sign: Sign,
    unit: str,
    step: float,
    whole: float | None,
    offset: float,
    wanted: float,
    low: float,
    high: float,
) -> None:
    verify = Verify(telemetry=PowerTelemetry(addr=0, tolerance=1, settle_s=1))
    described = Setpoint(
        addr=1, type=kind, word_order=order, sign=sign, unit=unit, step=step, offset=offset, min=-80_000, max=80_000,
        verify=verify, scale=1.0 if whole is None else 0.01, opposite=Register(addr=1 + kind.width),
        percent_of=None if whole is None else Point(addr=9),
    )  # fmt: skip
    setpoint, bounds = described.against(whole), Bounds(low_kw=low, high_kw=high)
    try:
        both = setpoint_registers(setpoint, wanted, bounds)
    except OutOfLimits:
        return
    own, opposite = both[: kind.width], both[kind.width :]
    fmt = {RegisterType.INT16: ">h", RegisterType.INT32: ">i", RegisterType.FLOAT32: ">f"}[kind]

    def raw_of(registers: tuple[int, ...]) -> float:
        words = registers if order is WordOrder.BIG else registers[::-1]
        (value,) = struct.unpack(fmt, struct.pack(f">{len(words)}H", *words))
        return float(value)

    scale = 1.0 if whole is None else 0.01 * whole / 100
    in_unit = (raw_of(own) * scale + offset) * (1 if sign is Sign.DISCHARGE_POSITIVE else -1)
    meant_kw = in_unit / 1000 if unit == "W" else in_unit
    assert low - 2e-6 <= meant_kw <= high + 2e-6
    assert raw_of(opposite) == -raw_of(own)


def test_round_off_is_clamped_and_more_is_refused(tmp_path: Path) -> None:
    setpoint = a_device(tmp_path).setpoint
    assert kw_of_registers(setpoint, setpoint_registers(setpoint, 75.0000001, WIDE)) == 75.0
    assert setpoint_registers(setpoint, -0.0, WIDE) == (0, 0)
    with pytest.raises(OutOfLimits, match=r"75\.1 kW is outside -75\.\.75 kW"):
        setpoint_registers(setpoint, 75.1, WIDE)


def test_rounding_goes_into_the_band_not_out_of_it(tmp_path: Path) -> None:
    setpoint, bounds = a_device(tmp_path).setpoint, Bounds(low_kw=0.0, high_kw=9.9996)
    assert kw_of_registers(setpoint, setpoint_registers(setpoint, 9.9996, bounds)) == 9.999


def test_the_corridor_and_the_band_cut_the_bounds() -> None:
    assert WIDE.within(a_step(), 0.5) == Bounds(low_kw=-20.0, high_kw=20.0)
    assert WIDE.within(a_step(), 0.95) == Bounds(low_kw=0.0, high_kw=20.0)
    assert WIDE.within(a_step(), 0.1) == Bounds(low_kw=-20.0, high_kw=0.0)
    with pytest.raises(OutOfLimits, match="unknown"):
        WIDE.within(a_step(), None)
    with pytest.raises(OutOfLimits, match="no power is allowed"):
        WIDE.within(a_step(power_min_kw=5.0), 0.1)
