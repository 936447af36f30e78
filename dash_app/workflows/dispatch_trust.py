"""What may be believed of a reading: not what stands still, and no state of charge that no battery could have reached.

An answer is no proof of life: a gateway may repeat its last values for days. The device's own uptime tells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from dash_app.domain.dispatch import Mode, Telemetry
from dash_app.domain.site import Battery
from dash_app.workflows.dispatch_pacing import LoopRules

SOC_SLACK = 0.02
"""What a state of charge may be off by without anything being wrong, 0..1."""
POWER_SLACK = 2.0
"""By how much a battery may be faster than its rated power before its state of charge is called impossible."""
POLLS_TO_ACCEPT = 3
LONGEST_GAP_S = 60.0
PROOF_SHARE = 0.04
"""How much of the capacity must have passed the meter before the state of charge can contradict it."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was read of a device so far; times are monotonic seconds."""

    uptime_s: int | None = None
    alive_at: float = -math.inf
    soc: float | None = None
    soc_at: float = 0.0
    doubts: int = 0


@dataclass(slots=True, kw_only=True)
class Proof:
    """The energy that passed the meter (discharge positive, kWh) since the state of charge was `soc`."""

    soc: float | None = None
    at: float = 0.0
    energy_kwh: float = 0.0


def is_frozen(seen: Seen, telemetry: Telemetry, rules: LoopRules, now: float) -> bool:
    """Return whether the device's clock stands still; a device without one is believed."""
    if telemetry.uptime_s is None or telemetry.uptime_s != seen.uptime_s:
        seen.uptime_s, seen.alive_at = telemetry.uptime_s, now
    return now - seen.alive_at > rules.frozen_after_s


def unknown(telemetry: Telemetry) -> Telemetry:
    """Return the reading with everything unknown that a frozen device may be wrong about."""
    return replace(telemetry, mode=Mode.UNKNOWN, battery_kw=None, soc=None, grid_kw=None, pv_kw=None, load_kw=None)


def believed(seen: Seen, telemetry: Telemetry, battery: Battery | None, now: float) -> Telemetry:
    """Return the reading without a state of charge that jumped; what is read again and again is accepted."""
    if telemetry.soc is None or battery is None:
        seen.soc, seen.doubts = telemetry.soc, 0
        return telemetry
    if seen.soc is not None and abs(telemetry.soc - seen.soc) > _possible(seen, battery, now):
        seen.doubts += 1
        if seen.doubts < POLLS_TO_ACCEPT:
            return replace(telemetry, soc=None)
    seen.soc, seen.soc_at, seen.doubts = telemetry.soc, now, 0
    return telemetry


def contradicted(proof: Proof, telemetry: Telemetry, battery: Battery | None, now: float) -> bool:
    """Return whether the state of charge denies what the power meter said since the proof began.

    After `PROOF_SHARE` of the capacity it must have moved the same way, by a third of it at least (losses, and a meter
    that rounds); then the proof begins anew.
    """
    if telemetry.soc is None or telemetry.battery_kw is None or battery is None:
        proof.soc = None
        return False
    if proof.soc is None or now - proof.at > LONGEST_GAP_S:
        proof.soc, proof.at, proof.energy_kwh = telemetry.soc, now, 0.0
        return False
    proof.energy_kwh += telemetry.battery_kw * (now - proof.at) / 3600
    proof.at = now
    share = proof.energy_kwh / battery.capacity_kwh
    if abs(share) < PROOF_SHARE:
        return False
    moved = proof.soc - telemetry.soc
    proof.soc, proof.energy_kwh = telemetry.soc, 0.0
    return moved * math.copysign(1.0, share) < abs(share) / 3


def _possible(seen: Seen, battery: Battery, now: float) -> float:
    fastest_kw = max(battery.charge_kw, battery.discharge_kw) * POWER_SLACK
    return SOC_SLACK + fastest_kw * (now - seen.soc_at) / 3600 / battery.capacity_kwh
