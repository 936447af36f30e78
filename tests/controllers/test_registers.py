"""The codec, against struct-free arithmetic and the values makers print in their manuals."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.registers import RegisterType, WordOrder, decode, encode, raw_bits, sentinels
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
