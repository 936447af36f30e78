"""The codec, against struct-free arithmetic and the values makers print in their manuals."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.points import Point, Register
from controllers.registers import ByteOrder, RegisterType, WordOrder, decode, encode, raw_bits, sentinels, text_of
from dash_app.domain.errors import BadAnswer, OutOfLimits

INTEGERS = [kind for kind in RegisterType if not kind.is_float]


@pytest.mark.parametrize(
    ("value", "kind", "registers"),
    [
        (-2500, RegisterType.INT32, (0xFFFF, 0xF63C)),
        (40_000, RegisterType.UINT32, (0, 40_000)),
        (-1, RegisterType.INT16, (0xFFFF,)),
        (-2.5, RegisterType.FLOAT32, (0xC020, 0x0000)),
        (1 << 40, RegisterType.UINT64, (0, 0x0100, 0, 0)),
    ],
)
def test_a_number_has_the_registers_of_the_manual(value: float, kind: RegisterType, registers: tuple[int, ...]) -> None:
    assert encode(value, kind) == registers
    assert decode(registers, kind) == value
    assert encode(value, kind, WordOrder.LITTLE) == registers[::-1]
    assert decode(registers[::-1], kind, WordOrder.LITTLE) == value


@given(st.sampled_from(INTEGERS), st.sampled_from(WordOrder), st.integers(min_value=-(1 << 63), max_value=1 << 64))
def test_what_is_encoded_decodes_to_itself_or_is_refused(kind: RegisterType, order: WordOrder, value: int) -> None:
    low = -(1 << (16 * kind.width - 1)) if kind.value.startswith("int") else 0
    high = low + (1 << (16 * kind.width)) - 1
    if low <= value <= high and kind.width < 4:
        assert decode(encode(value, kind, order), kind, order) == value
    elif not low <= value <= high:
        with pytest.raises(OutOfLimits):
            encode(value, kind, order)


VALUES = {
    **{kind: st.integers(0, (1 << 16 * kind.width) - 1) for kind in INTEGERS if kind.value.startswith("uint")},
    **{
        kind: st.integers(-(1 << 16 * kind.width - 1), (1 << 16 * kind.width - 1) - 1)
        for kind in INTEGERS
        if kind.value.startswith("int")
    },
    RegisterType.FLOAT32: st.floats(width=32, allow_nan=False, allow_infinity=False),
    RegisterType.FLOAT64: st.floats(allow_nan=False, allow_infinity=False),
}


@given(st.data(), st.sampled_from(RegisterType), st.sampled_from(WordOrder), st.sampled_from(ByteOrder))
def test_every_type_in_every_order_comes_back_as_it_went(
    data: st.DataObject, kind: RegisterType, words: WordOrder, halves: ByteOrder
) -> None:
    raw = data.draw(VALUES[kind])
    register = Register(addr=0, type=kind, word_order=words, byte_order=halves)
    registers = register.registers_of(raw)
    assert len(registers) == register.width == kind.width
    if kind.width < 4 or kind.is_float:
        assert register.raw_of(registers) == raw
    big = [word if halves is ByteOrder.BIG else word % 256 * 256 + word // 256 for word in registers]
    ordered = big if words is WordOrder.BIG else big[::-1]
    whole = sum(word << 16 * place for place, word in enumerate(reversed(ordered)))
    assert kind.is_float or whole == raw % (1 << 16 * kind.width)


@given(
    st.data(),
    st.sampled_from([kind for kind in RegisterType if kind.width < 4]),
    st.sampled_from([0.001, 0.01, 0.1, 1.0, 10.0, 1000.0, -1.0]),
    st.sampled_from([0.0, -40.0, 273.15]),
)
def test_a_scaled_value_is_the_raw_one_times_its_scale_or_unknown(
    data: st.DataObject, kind: RegisterType, scale: float, offset: float
) -> None:
    raw = data.draw(VALUES[kind])
    point = Point(addr=0, type=kind, scale=scale, offset=offset)
    value = point.value_of(point.registers_of(raw))
    extreme = {RegisterType.UINT16: 0xFFFF, RegisterType.INT16: -0x8000}
    extreme |= {RegisterType.UINT32: 0xFFFFFFFF, RegisterType.INT32: -0x80000000}
    if raw == extreme.get(kind):
        assert value is None
    else:
        assert value == pytest.approx(float(Fraction(raw) * Fraction(scale) + Fraction(offset)), rel=1e-9, abs=1e-9)


def test_text_ends_at_its_padding() -> None:
    assert text_of((0x532D, 0x3437, 0x3131, 0, 0x4141)) == "S-4711"
    assert text_of((0x2020, 0x4142, 0x2020)) == "AB"
    assert text_of((0, 0)) == ""


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_never_encoded(value: float) -> None:
    for kind in RegisterType:
        with pytest.raises(OutOfLimits):
            encode(value, kind)


def test_a_wrong_number_of_registers_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="1 registers where int32 needs 2"):
        decode((1,), RegisterType.INT32)


def test_the_extreme_value_of_a_type_means_unknown() -> None:
    assert sentinels(RegisterType.UINT16) == (0xFFFF,)
    assert sentinels(RegisterType.INT16) == (0x8000,)
    assert sentinels(RegisterType.FLOAT32) == ()
    assert raw_bits((0x8000, 0), RegisterType.INT32) in sentinels(RegisterType.INT32)
