"""The words of the plant's register map: units, addresses, modes, refusals, and numbers as 16-bit registers.

Addresses are those of the Modbus PDU, counted from 0; 32-bit numbers stand with the big word first.
"""

from enum import IntEnum

IDENTITY = 0xBA77
MAP_VERSION = 1

UNKNOWN_UINT16 = 0xFFFF
UNKNOWN_UINT32 = 0xFFFFFFFF
UNKNOWN_INT32 = -0x80000000


class Unit(IntEnum):
    """The unit ids of a site's server."""

    BATTERY = 1
    PV = 2
    GRID = 3
    LOAD = 4
    SUNSPEC = 126


class Mode(IntEnum):
    """Who decides what the battery does."""

    LOCAL = 1
    REMOTE = 2
    FALLBACK = 3


class Refusal(IntEnum):
    """Why a request is refused: the exception codes of Modbus."""

    FUNCTION = 1
    ADDRESS = 2
    VALUE = 3
    FAILURE = 4
    ACKNOWLEDGE = 5
    BUSY = 6


class BatteryHolding(IntEnum):
    """Holding registers of unit 1."""

    IDENTITY = 0
    VERSION = 1
    BOOTS = 2
    SETPOINT_W = 10
    REMOTE_ENABLE = 12
    WATCHDOG_S = 13
    HEARTBEAT = 14
    MODE = 15


class BatteryInput(IntEnum):
    """Input registers of unit 1."""

    POWER_W = 0
    SOC_PERMILLE = 2
    MODE = 4
    MAX_CHARGE_W = 5
    MAX_DISCHARGE_W = 7
    TEMPERATURE_DECIDEGREE = 10
    UPTIME_S = 11


class PvHolding(IntEnum):
    """Holding registers of unit 2."""

    LIMIT_PERMILLE = 40
    REVERT_S = 41
    ENABLE = 42


PV_POWER_W = 0
LOAD_POWER_W = 0
GRID_POWER_W = 4


def int32_words(value: int) -> tuple[int, int]:
    """Return a signed number as (high word, low word).

    >>> int32_words(-2)
    (65535, 65534)
    """
    return divmod(value & 0xFFFFFFFF, 0x10000)


def int32_of(high: int, low: int) -> int:
    """Return the signed number of two words.

    >>> int32_of(65535, 65534)
    -2
    """
    value = high << 16 | low
    return value - 0x100000000 if value & 0x80000000 else value


def watts(power_kw: float) -> int:
    """Return kW as whole W."""
    return round(power_kw * 1000)
