"""How often and how fast the loop may write: ramp, pause between two writes, and a budget that spares flash memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dash_app.domain.schedule import Step

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRules:
    """What one device is spared, in seconds, kW and writes of its set-point register.

    The budget holds for corrections inside a slot: at most `writes_per_day` in any 24 h, `burst` of them at once. The
    first write of every slot and a release are always allowed. `ramp_kw_per_s` bounds how fast the power may grow;
    less power is asked for at once. A silent device is asked again every `backoff_s`; readings whose uptime stands
    still for `frozen_after_s` are no longer believed. No write begins in the last `deadline_s` of a slot: it must not
    arrive in the next one.
    """

    ramp_kw_per_s: float | None = None
    least_pause_s: float = 0.0
    writes_per_day: int = 8640
    burst: int = 360
    backoff_s: float = 15.0
    frozen_after_s: float = 15.0
    deadline_s: float = 2.0


DEFAULT_RULES = LoopRules()


@dataclass(slots=True, kw_only=True)
class Budget:
    """Corrections that are still allowed: a bucket of `burst`, filled so slowly that a day's sum holds."""

    left: float = math.nan
    at: float = 0.0

    @property
    def started(self) -> bool:
        """Whether it is known what is left."""
        return not math.isnan(self.left)

    def take(self, rules: LoopRules, now: float) -> bool:
        """Take one write out of the bucket if there is one left at the monotonic second `now`."""
        if not self.started:
            self.left, self.at = float(rules.burst), now
        filled = self.left + (now - self.at) * (rules.writes_per_day - rules.burst) / DAY_S
        self.left, self.at = min(float(rules.burst), filled), now
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def start_with(self, rules: LoopRules, written: int, now: float) -> None:
        """Begin after a restart, `written` writes having been made in the last 24 h."""
        if not self.started:
            self.left = float(max(0, min(rules.burst, rules.writes_per_day - written)))
            self.at = now


def ramped_kw(wanted_kw: float, from_kw: float | None, since_s: float, step: Step, rules: LoopRules) -> float:
    """Return how far the power may go towards `wanted_kw` (discharge positive) `since_s` after `from_kw` was asked for.

    Only growth is slow, counted from 0 when the direction changes; the band of the step comes first. `from_kw` None
    means that nothing is known of the power now: it starts at 0.
    """
    if rules.ramp_kw_per_s is None:
        return wanted_kw
    start = from_kw if from_kw is not None and from_kw * wanted_kw > 0 else 0.0
    furthest = abs(start) + rules.ramp_kw_per_s * since_s
    reached = math.copysign(min(abs(wanted_kw), furthest), wanted_kw)
    return min(max(reached, step.power_min_kw), step.power_max_kw)
