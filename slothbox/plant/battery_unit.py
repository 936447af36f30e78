"""Unit 1: a battery that obeys a set-point while somebody keeps it alive, and looks after itself otherwise."""

from dataclasses import dataclass, field

from slothbox.battery import BatterySpec, advance, self_consumption_kw
from slothbox.plant.registers import (
    IDENTITY,
    MAP_VERSION,
    UNKNOWN_UINT16,
    BatteryHolding,
    BatteryInput,
    Mode,
    Refusal,
    int32_of,
    int32_words,
    watts,
)

_FIRST_WRITABLE, _LAST_WRITABLE = BatteryHolding.SETPOINT_W, BatteryHolding.HEARTBEAT
_AMBIENT_C, _RISE_C, _THERMAL_S = 25.0, 12.0, 1800.0


@dataclass(slots=True, kw_only=True)
class BatteryUnit:
    """The battery and its control registers.

    `soc` is 0..1, `power_kw` is positive when discharging, `now_s` in the methods is a monotonic clock. `swapped` (the
    set-point is obeyed with its words exchanged) and `late_s` (the watchdog acts later than set) are faults.
    `band_kw` is within which powers its own rule may act.
    Any accepted write to HR10-14 arms the watchdog again; in remote mode its expiry clears remote enable.
    """

    spec: BatterySpec
    soc: float
    boots: int
    booted_s: float
    power_kw: float = 0.0
    temperature_c: float = _AMBIENT_C
    mode: Mode = Mode.LOCAL
    band_kw: tuple[float, float] | None = None
    swapped: bool = False
    late_s: float = 0.0
    _control: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])
    _armed_s: float = 0.0

    @property
    def setpoint_w(self) -> int:
        """The set-point in W, positive to discharge."""
        return int32_of(self._control[0], self._control[1])

    @property
    def obeyed_w(self) -> int:
        """The set-point in W as the battery understands it."""
        high, low = self._control[:2]
        return int32_of(low, high) if self.swapped else int32_of(high, low)

    @property
    def watchdog_s(self) -> int:
        """Seconds after which the battery falls back; 0 when the watchdog is off."""
        return self._control[BatteryHolding.WATCHDOG_S - _FIRST_WRITABLE]

    def write(self, address: int, values: list[int], now_s: float, *, half: bool = False) -> Refusal | None:
        """Take over all of `values` or none, or (a fault) `half`: the first one alone; return why not."""
        if address < _FIRST_WRITABLE or address + len(values) - 1 > _LAST_WRITABLE:
            return Refusal.ADDRESS
        wanted = self._control.copy()
        offset = address - _FIRST_WRITABLE
        wanted[offset : offset + len(values)] = values
        if not self._allows(wanted):
            return Refusal.VALUE
        if half:
            wanted[offset + 1 : offset + len(values)] = self._control[offset + 1 : offset + len(values)]
        self._control = wanted
        self._armed_s = now_s
        if offset <= BatteryHolding.REMOTE_ENABLE - _FIRST_WRITABLE < offset + len(values):
            self.mode = Mode.REMOTE if self._enabled() else Mode.LOCAL
        return None

    def watch(self, now_s: float) -> None:
        """Fall back to the battery's own rule when the watchdog has expired in remote mode."""
        expires_s = self.watchdog_s + self.late_s
        if self.mode is Mode.REMOTE and self.watchdog_s and now_s - self._armed_s >= expires_s:
            self._control[BatteryHolding.REMOTE_ENABLE - _FIRST_WRITABLE] = 0
            self.mode = Mode.FALLBACK

    def step(self, net_load_kw: float | None, dt_s: float, *, deaf: bool = False) -> None:
        """Let `dt_s` seconds pass at a net load (load - pv) in kW; None: not known, so the own rule rests.

        A `deaf` battery keeps to its own rule whatever its registers say.
        """
        dt_h = dt_s / 3600
        if self.mode is Mode.REMOTE and not deaf:
            wanted_kw = self.obeyed_w / 1000
        else:
            wanted_kw = 0.0 if net_load_kw is None else self_consumption_kw(net_load_kw, self.soc, self.spec, dt_h)
            if self.band_kw is not None:
                wanted_kw = max(min(wanted_kw, self.band_kw[1]), self.band_kw[0])
        self.soc, self.power_kw = advance(self.soc, wanted_kw, self.spec, dt_h)
        self._warm(dt_s)

    def holding(self) -> dict[int, int]:
        """Return HR0-15; what the map leaves free reads 0."""
        registers = dict.fromkeys(range(BatteryHolding.MODE + 1), 0)
        registers[BatteryHolding.IDENTITY] = IDENTITY
        registers[BatteryHolding.VERSION] = MAP_VERSION
        registers[BatteryHolding.BOOTS] = self.boots & 0xFFFF
        registers.update(enumerate(self._control, _FIRST_WRITABLE))
        registers[BatteryHolding.MODE] = self.mode
        return registers

    def take_over(self, other: "BatteryUnit", now_s: float) -> None:
        """Begin with the control registers and the mode of another life of this battery."""
        self._control, self.mode, self._armed_s = other._control.copy(), other.mode, now_s

    def inputs(self, now_s: float, *, soc_unknown: bool = False) -> dict[int, int]:
        """Return IR0-12; what the map leaves free reads 0."""
        registers = dict.fromkeys(range(BatteryInput.UPTIME_S + 2), 0)
        for address, value in (
            (BatteryInput.POWER_W, watts(self.power_kw)),
            (BatteryInput.MAX_CHARGE_W, watts(self.spec.charge_kw)),
            (BatteryInput.MAX_DISCHARGE_W, watts(self.spec.discharge_kw)),
            (BatteryInput.UPTIME_S, int(now_s - self.booted_s)),
        ):
            registers[address], registers[address + 1] = int32_words(value)
        registers[BatteryInput.SOC_PERMILLE] = UNKNOWN_UINT16 if soc_unknown else round(self.soc * 1000)
        registers[BatteryInput.MODE] = self.mode
        registers[BatteryInput.TEMPERATURE_DECIDEGREE] = round(self.temperature_c * 10)
        return registers

    def clamp_setpoint(self, limit_w: int) -> None:
        """Cut the set-point to +-`limit_w` without telling anybody."""
        clamped = min(max(self.setpoint_w, -limit_w), limit_w)
        self._control[0], self._control[1] = int32_words(clamped)

    def _allows(self, control: list[int]) -> bool:
        setpoint_w = int32_of(control[0], control[1])
        inside = -watts(self.spec.charge_kw) <= setpoint_w <= watts(self.spec.discharge_kw)
        return inside and control[BatteryHolding.REMOTE_ENABLE - _FIRST_WRITABLE] in (0, 1)

    def _enabled(self) -> bool:
        return self._control[BatteryHolding.REMOTE_ENABLE - _FIRST_WRITABLE] == 1

    def _warm(self, dt_s: float) -> None:
        """Drift towards a warmth that grows with the share of the power in use."""
        strongest_kw = max(self.spec.charge_kw, self.spec.discharge_kw) or 1.0
        target_c = _AMBIENT_C + _RISE_C * abs(self.power_kw) / strongest_kw
        self.temperature_c += (target_c - self.temperature_c) * min(1.0, dt_s / _THERMAL_S)
