"""Unit 126: the same plant for a client that speaks SunSpec, its controls included.

Model 704 commands what HR10-13 of unit 1 command (`WSet` is the set-point, `WSetRvrtTms` the watchdog, `WSetEna` remote
enable) and the arrays' limit; model 124 bounds the battery's own rule by shares of its power, with a revert timer.
"""

from dataclasses import dataclass, field

from slothbox.plant.battery_unit import BatteryUnit
from slothbox.plant.pv_unit import PvUnit
from slothbox.plant.registers import BatteryHolding, Mode, PvHolding, Refusal, int32_words
from slothbox.plant.sunspec_map import Key, Point, image_words, layout
from slothbox.plant.sunspec_values import Values

CHARGE_BIT, DISCHARGE_BIT = 1, 2
FULL_RATE = 10_000
WATTS_MODE = 1
_STORED: dict[Key, int] = {
    (124, "StorCtl_Mod"): 0, (124, "OutWRte"): FULL_RATE, (124, "InWRte"): FULL_RATE,
    (124, "InOutWRte_RvrtTms"): 0, (124, "ChaGriSet"): 1, (704, "WSetMod"): WATTS_MODE, (704, "WSetRvrt"): 0,
    (704, "WSetPct"): 0, (704, "WSetPctRvrt"): 0, (704, "WSetEnaRvrt"): 0, (704, "WMaxLimPctRvrt"): 1000,
    (704, "WMaxLimPctEnaRvrt"): 0, (715, "ControllerHb"): 0, (715, "OpCtl"): 1, (802, "CtrlHb"): 0,
}  # fmt: skip
_MIRRORED = ("WSetEna", "WSet", "WSetRvrtTms", "WMaxLimPctEna", "WMaxLimPct", "WMaxLimPctRvrtTms")


@dataclass(slots=True, kw_only=True)
class SunSpecUnit:
    """What is stored of the controls is raw register values; the rest is read from the battery and the arrays."""

    battery: BatteryUnit
    pv: PvUnit
    _stored: dict[Key, int] = field(default_factory=lambda: dict(_STORED))
    _armed_s: float = 0.0

    def holding(self, telemetry: Values) -> dict[int, int]:
        """Return the image: what the plant says now, and its controls."""
        words = image_words(telemetry | {(704, "WSet_SF"): 0, (704, "WMaxLimPct_SF"): -1, (704, "WSetPct_SF"): -1})
        for key, raw in self._controls().items():
            point = layout()[key]
            words.update(enumerate(point.words(raw, 0), point.address))
        return words

    def write(self, address: int, values: list[int], now_s: float) -> Refusal | None:
        """Take over all of `values` or none; return why not."""
        touched = _touched(address, len(values))
        if not touched:
            return Refusal.ADDRESS
        wanted = {(point.model, point.name): _raw(point, values, address) for point in touched}
        if not self._allows(wanted):
            return Refusal.VALUE
        self._stored.update({key: raw for key, raw in wanted.items() if key in self._stored})
        if any(model == 124 for model, _ in wanted):
            self._armed_s = now_s
            self._bound()
        self._command_battery(wanted, now_s)
        return self._limit_arrays(wanted, now_s)

    def watch(self, now_s: float) -> None:
        """Let model 124's bounds go when their revert time has passed."""
        revert_s = self._stored[124, "InOutWRte_RvrtTms"]
        if revert_s and self._stored[124, "StorCtl_Mod"] and now_s - self._armed_s >= revert_s:
            self._stored[124, "StorCtl_Mod"] = 0
            self._bound()

    def _controls(self) -> dict[Key, int]:
        limit, revert, enable = (self.pv.holding()[address] for address in PvHolding)
        return self._stored | {
            (704, "WSetEna"): int(self.battery.mode is Mode.REMOTE),
            (704, "WSet"): self.battery.setpoint_w,
            (704, "WSetRvrtTms"): self.battery.watchdog_s,
            (704, "WMaxLimPctEna"): enable,
            (704, "WMaxLimPct"): limit,
            (704, "WMaxLimPctRvrtTms"): revert,
        }

    def _allows(self, wanted: dict[Key, int]) -> bool:
        spec, known = self.battery.spec, self._controls() | wanted
        return (
            -spec.charge_kw * 1000 <= known[704, "WSet"] <= spec.discharge_kw * 1000
            and max(abs(known[124, "OutWRte"]), abs(known[124, "InWRte"])) <= FULL_RATE
            and known[124, "StorCtl_Mod"] <= CHARGE_BIT | DISCHARGE_BIT
            and known[704, "WSetMod"] == WATTS_MODE
            and known[704, "WMaxLimPct"] <= 1000
            and all(known[704, name] in (0, 1) for name in ("WSetEna", "WMaxLimPctEna"))
            and all(known[704, name] <= 0xFFFF for name in ("WSetRvrtTms", "WMaxLimPctRvrtTms"))
        )

    def _command_battery(self, wanted: dict[Key, int], now_s: float) -> None:
        """Write timer, set-point, enable, in this order, as far as they are wanted."""
        if (timer := wanted.get((704, "WSetRvrtTms"))) is not None:
            self.battery.write(BatteryHolding.WATCHDOG_S, [timer], now_s)
        if (setpoint_w := wanted.get((704, "WSet"))) is not None:
            self.battery.write(BatteryHolding.SETPOINT_W, list(int32_words(setpoint_w)), now_s)
        if (enable := wanted.get((704, "WSetEna"))) is not None:
            self.battery.write(BatteryHolding.REMOTE_ENABLE, [enable], now_s)

    def _limit_arrays(self, wanted: dict[Key, int], now_s: float) -> Refusal | None:
        names = {"WMaxLimPct": PvHolding.LIMIT_PERMILLE, "WMaxLimPctRvrtTms": PvHolding.REVERT_S}
        for name, address in (names | {"WMaxLimPctEna": PvHolding.ENABLE}).items():
            if (value := wanted.get((704, name))) is not None:
                refusal = self.pv.write(address, [value], now_s)
                if refusal is not None:
                    return refusal
        return None

    def _bound(self) -> None:
        """Tell the battery within which powers its own rule may act; a negative share forces the other direction."""
        spec, bits = self.battery.spec, self._stored[124, "StorCtl_Mod"]
        most_kw = max(spec.charge_kw, spec.discharge_kw)
        high = self._stored[124, "OutWRte"] / FULL_RATE * most_kw if bits & DISCHARGE_BIT else spec.discharge_kw
        low = -self._stored[124, "InWRte"] / FULL_RATE * most_kw if bits & CHARGE_BIT else -spec.charge_kw
        self.battery.band_kw = (low, high) if bits else None


def _touched(address: int, count: int) -> list[Point]:
    """Return the points a write covers; none when it leaves the writable ones or cuts one in two."""
    writable = [layout()[key] for key in [*_STORED, *((704, name) for name in _MIRRORED)]]
    inside = [p for p in writable if address <= p.address and p.address + p.width <= address + count]
    return inside if sum(point.width for point in inside) == count else []


def _raw(point: Point, values: list[int], address: int) -> int:
    raw = 0
    for word in values[point.address - address :][: point.width]:
        raw = raw << 16 | word
    signed = point.kind.startswith("int") and raw >> (16 * point.width - 1)
    return raw - (1 << 16 * point.width) if signed else raw
