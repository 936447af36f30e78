"""The physics of the demo's batteries: one spec, one rule of its own, one step in time.

Powers are measured at the battery's terminals and discharge is positive; `soc` is a fraction of the capacity, 0..1.
Losses fall on the way in and on the way out: `stored += charge x charge_efficiency`,
`stored -= discharge / discharge_efficiency`. The same functions drive the plant and the battery's simulated past.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySpec:
    """What a battery can do: energy in kWh, powers in kW (not negative), everything else a fraction."""

    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    soc_min: float
    soc_max: float

    def __post_init__(self) -> None:
        """Refuse a battery that cannot exist."""
        if self.capacity_kwh <= 0 or min(self.charge_kw, self.discharge_kw) < 0:
            raise ValueError(f"a battery needs a capacity above 0 and powers of at least 0, got {self}")
        if not (0 < self.charge_efficiency <= 1 and 0 < self.discharge_efficiency <= 1):
            raise ValueError(f"efficiencies lie above 0 and up to 1, got {self}")
        if not 0 <= self.soc_min <= self.soc_max <= 1:
            raise ValueError(f"expected 0 <= soc_min <= soc_max <= 1, got {self}")


def self_consumption_kw(net_load_kw: float, soc: float, spec: BatterySpec, dt_h: float) -> float:
    """Return the power that keeps the grid at zero: cover a deficit, absorb a surplus (discharge positive).

    `net_load_kw` is load - pv. The answer can be held for the whole of `dt_h` hours inside power and SoC limits.
    """
    return _within_limits(net_load_kw, soc, spec, dt_h)


def advance(soc: float, battery_kw: float, spec: BatterySpec, dt_h: float) -> tuple[float, float]:
    """Let `dt_h` hours pass and return (SoC after, power really achieved in kW, discharge positive).

    A power beyond the limits is cut to them. A battery that fills or empties on the way stops there: the power
    returned is then the mean over the step, so that energy is conserved.
    """
    actual_kw = _within_limits(battery_kw, soc, spec, dt_h)
    soc_after = soc - stored_change_kwh(actual_kw, spec, dt_h) / spec.capacity_kwh
    return _without_round_off(soc, soc_after, spec), actual_kw


def stored_change_kwh(battery_kw: float, spec: BatterySpec, dt_h: float) -> float:
    """Return the energy taken out of the cells in kWh (negative: put in) by `battery_kw` over `dt_h` hours."""
    if battery_kw >= 0:
        return battery_kw / spec.discharge_efficiency * dt_h
    return battery_kw * spec.charge_efficiency * dt_h


def _within_limits(battery_kw: float, soc: float, spec: BatterySpec, dt_h: float) -> float:
    if dt_h <= 0:
        raise ValueError(f"a step lasts longer than 0 h, got {dt_h}")
    available_kw = max(0.0, soc - spec.soc_min) * spec.capacity_kwh * spec.discharge_efficiency / dt_h
    room_kw = max(0.0, spec.soc_max - soc) * spec.capacity_kwh / spec.charge_efficiency / dt_h
    highest_kw = min(spec.discharge_kw, available_kw)
    lowest_kw = -min(spec.charge_kw, room_kw)
    return min(max(battery_kw, lowest_kw), highest_kw)


def _without_round_off(soc: float, soc_after: float, spec: BatterySpec) -> float:
    """Keep the last digit from crossing a limit; a SoC that was outside already may only come back."""
    return min(max(soc_after, min(soc, spec.soc_min)), max(soc, spec.soc_max))
