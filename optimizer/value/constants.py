"""The constants of the value tables: the same for every site, and fixed before any window they are judged on."""

from __future__ import annotations

from datetime import timedelta

CLASSES = 7
"""K: equal-count classes of net load in each slot of the day."""
POINTS = 41
"""M: points of stored energy between floor and ceiling."""
HORIZON = timedelta(hours=48)
POOL = timedelta(days=28)
"""How far back the classes look."""
LEAD = timedelta(hours=24)
"""Errors of forecasts made less than this before are pooled."""
SMOOTH_SLOTS = 3
"""Slots on each side that are pooled with a slot, where steps are shorter than an hour."""
SMOOTH_HOURLY = 1
"""The same where a step is an hour or longer."""
TRANSITION_PRIOR = 0.5
"""Added to every count of a transition between classes."""
COLD_PASSES = 3
"""Passes of the recursion where there is no earlier solve."""
SHIFT = timedelta(days=1)
"""The worth at the horizon's end is the earlier solve's one day before it."""
RESOLVE_EVERY = timedelta(hours=1)

PEAK_DAYS = 56
"""Days whose least peaks tell which peak can be held."""
PEAK_FACTOR = 1.0
"""kappa: the peak that is held, as a share of the highest of these least peaks."""
RESERVE_WEIGHT = 2.0
"""rho: how much dearer than the dearest kWh it is to have less stored than the held peak needs."""
