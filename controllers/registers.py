"""The codec between numbers and 16-bit registers: pure, strict, and honest about values that are not numbers."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from enum import StrEnum

from dash_app.domain.errors import BadAnswer, OutOfLimits

REGISTER_BITS = 16


class WordOrder(StrEnum):
    """Which register of a wide value comes first."""

    BIG = "big"
    LITTLE = "little"


class ByteOrder(StrEnum):
    """Which half of a register comes first; Modbus says big, a few makers do not."""

    BIG = "big"
    LITTLE = "little"


class RegisterType(StrEnum):
    """How registers hold a number."""

    UINT16 = "uint16"
    INT16 = "int16"
    UINT32 = "uint32"
    INT32 = "int32"
    UINT64 = "uint64"
    INT64 = "int64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"

    @property
    def width(self) -> int:
        """The number of registers."""
        return WIDTHS[self]

    @property
    def is_float(self) -> bool:
        """Whether the value is a floating-point number."""
        return self in (RegisterType.FLOAT32, RegisterType.FLOAT64)


WIDTHS = {kind: int(kind.value.lstrip("uintfloa")) // REGISTER_BITS for kind in RegisterType}
FORMATS = {
    RegisterType.UINT16: ">H",
    RegisterType.INT16: ">h",
    RegisterType.UINT32: ">I",
    RegisterType.INT32: ">i",
    RegisterType.UINT64: ">Q",
    RegisterType.INT64: ">q",
    RegisterType.FLOAT32: ">f",
    RegisterType.FLOAT64: ">d",
}


def encode(value: float, kind: RegisterType, order: WordOrder = WordOrder.BIG) -> tuple[int, ...]:
    """Return the registers of `value`, rounded to the nearest integer for integer types.

    Raise OutOfLimits for what the type cannot hold: NaN, infinity, too large, negative in an unsigned type.

    >>> encode(-2500, RegisterType.INT32)
    (65535, 63036)
    """
    if not math.isfinite(value):
        raise OutOfLimits(f"{value} is not a number that a register can hold")
    try:
        packed = struct.pack(FORMATS[kind], float(value) if kind.is_float else round(value))
    except (struct.error, OverflowError):
        raise OutOfLimits(f"{value} does not fit into {kind.value}") from None
    words = struct.unpack(f">{kind.width}H", packed)
    return words if order is WordOrder.BIG else words[::-1]


def decode(registers: Sequence[int], kind: RegisterType, order: WordOrder = WordOrder.BIG) -> float:
    """Return the number in `registers` (NaN stays NaN); raise BadAnswer when their count is not the type's.

    >>> decode((65535, 63036), RegisterType.INT32)
    -2500
    """
    (value,) = struct.unpack(FORMATS[kind], _packed(registers, kind, order))
    return value  # type: ignore[no-any-return]


def raw_bits(registers: Sequence[int], kind: RegisterType, order: WordOrder = WordOrder.BIG) -> int:
    """Return the registers as one unsigned number, the form in which makers write down "not available"."""
    return int.from_bytes(_packed(registers, kind, order), "big")


def sentinels(kind: RegisterType) -> tuple[int, ...]:
    """Return the bits that mean "not available" by SunSpec's convention: the extreme value of the type.

    >>> [hex(bits) for bits in sentinels(RegisterType.INT32)]
    ['0x80000000']
    """
    bits = kind.width * REGISTER_BITS
    if kind.is_float:
        return ()
    return (1 << (bits - 1),) if kind.value.startswith("int") else ((1 << bits) - 1,)


def text_of(registers: Sequence[int]) -> str:
    """Return the text in registers, two characters each, without the padding behind it.

    >>> text_of((0x5375, 0x6E53, 0x2000, 0))
    'SunS'
    """
    return struct.pack(f">{len(registers)}H", *registers).decode("latin-1").split("\0")[0].strip()


def swapped(registers: Sequence[int]) -> tuple[int, ...]:
    """Return the registers with the two halves of each exchanged."""
    return tuple(word >> 8 | (word & 0xFF) << 8 for word in registers)


def _packed(registers: Sequence[int], kind: RegisterType, order: WordOrder) -> bytes:
    if len(registers) != kind.width:
        raise BadAnswer(f"{len(registers)} registers where {kind.value} needs {kind.width}")
    words = registers if order is WordOrder.BIG else tuple(registers)[::-1]
    return struct.pack(f">{kind.width}H", *words)
