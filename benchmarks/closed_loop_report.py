"""The figures of the closed loop as tables, targets beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby
from typing import Any

Row = dict[str, Any]
BASE, BEST, OURS, PLAN = "no battery", "perfect foresight", "by value", "by intents"
RULES = ("self-consumption", "time of use")
MEAN_TARGETS = {"home": 98.5, "office": 99.0, "campus": 95.0, "demand": 75.0}
NAMES = {
    "home": "homes with PV, time-of-use tariff",
    "office": "offices, dynamic retail tariff",
    "campus": "campus, spot price and PV",
    "demand": "site-months with a price on the month's peak",
}
EACH_HOME, UNDER_HEAT = 97.0, 94.0
HEAT_WAVE = (("fontana_2", "test"),)
"""Windows with more than twice the load on their hottest day of any day in the 90 before: air conditioning."""
BEHIND_RULE = 0.5
HEAD = "| policy | cost | share % | CO2 kg | peak kW | cycles | flips/day |\n|---|---|---|---|---|---|---|\n"


def report(rows: list[Row]) -> str:
    """Return all tables and the verdicts, as markdown."""
    groups = [(key, list(group)) for key, group in groupby(sorted(rows, key=_order), key=_order)]
    tables = [_table(key, group) for key, group in groups]
    shares = [(group[0], shares_of(group)) for _, group in groups]
    return "\n".join([*tables, _summary(shares), *_co2(groups), *_targets(shares), ""])


def shares_of(group: list[Row]) -> dict[str, float]:
    """Return the share of the best possible saving of each policy, percent; empty without both ends."""
    cost = {row["policy"]: row["cost"] for row in group}
    best = next((row["bound"] for row in group if row["policy"] == BEST), None)
    if best is None or BASE not in cost or not cost[BASE] > best:
        return {}
    return {name: 100.0 * (cost[BASE] - value) / (cost[BASE] - best) for name, value in cost.items()}


def _order(row: Row) -> tuple[str, str, str, str]:
    return row["kind"], row["case"], row["window"], row["prices"]


def _table(key: tuple[str, str, str, str], group: list[Row]) -> str:
    shares = shares_of(group)
    lines = [f"### {key[1]}, {key[2]} window from {group[0]['start'][:10]}, prices {key[3]}\n", HEAD.rstrip("\n")]
    for row in sorted(group, key=lambda one: -one["cost"]):
        co2 = "" if row["co2_kg"] is None else f"{row['co2_kg']:.1f}"
        lines.append(
            f"| {row['policy']} | {row['cost']:.2f} | {shares.get(row['policy'], math.nan):.1f} | {co2} "
            f"| {row['peak_kw']:.1f} | {row['cycles']:.1f} | {row['flips_per_day']:.2f} |"
        )
    return "\n".join(lines) + "\n"


def _summary(shares: list[tuple[Row, dict[str, float]]]) -> str:
    policies = list(dict.fromkeys(name for _, found in shares for name in found if name not in (BASE, BEST)))
    lines = [
        "### Share of the perfect-foresight saving, percent\n",
        "| case | window | prices | " + " | ".join(policies) + " |",
        "|---" * (3 + len(policies)) + "|",
    ]
    for row, found in shares:
        cells = [f"{found[name]:.1f}" if name in found else "" for name in policies]
        lines.append(f"| {row['case']} | {row['window']} | {row['prices']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _targets(shares: list[tuple[Row, dict[str, float]]]) -> Iterator[str]:
    yield "### Targets\n\n| what | figure | target | |\n|---|---|---|---|"
    for kind, target in MEAN_TARGETS.items():
        for prices in ("known", "published"):
            yield from _mean(shares, kind, prices, target)
    yield from _worst(shares)


def _mean(shares: list[tuple[Row, dict[str, float]]], kind: str, prices: str, target: float) -> Iterator[str]:
    for windows in (("test",), ("other",)) if kind != "demand" else (("test", "other"),):
        found = [
            (row, share[OURS])
            for row, share in shares
            if row["kind"] == kind and row["prices"] == prices and row["window"] in windows and OURS in share
        ]
        if found:
            mean = sum(value for _, value in found) / len(found)
            of = f"{NAMES[kind]}, {' and '.join(windows)} windows, prices {prices}, by value: mean of {len(found)}"
            yield f"| {of} | {mean:.1f} | >= {target} | {_verdict(mean >= target)} |"
            if kind == "home":
                yield from _each_home(found)


def _each_home(found: list[tuple[Row, float]]) -> Iterator[str]:
    for hot, target, words in ((False, EACH_HOME, "the least of them"), (True, UNDER_HEAT, "under heat-wave load")):
        values = [value for row, value in found if ((row["case"], row["window"]) in HEAT_WAVE) == hot]
        if values:
            yield f"| {words} | {min(values):.1f} | >= {target} | {_verdict(min(values) >= target)} |"


def _worst(shares: list[tuple[Row, dict[str, float]]]) -> Iterator[str]:
    """Yield how far behind the best rule, and behind no battery, the policy by value ever was."""
    behind = [
        (max(found[rule] for rule in RULES if rule in found) - found[OURS], row)
        for row, found in shares
        if OURS in found and any(rule in found for rule in RULES) and row["kind"] != "demand"
    ]
    if behind:
        most, row = max(behind, key=lambda pair: pair[0])
        where = f"{row['case']}, {row['window']}, prices {row['prices']}"
        text = f"{most:.1f} points behind" if most > 0 else f"{-most:.1f} points ahead"
        yield (
            f"| by value against the best rule, worst of {len(behind)} windows ({where}) | {text} "
            f"| at most {BEHIND_RULE} behind | {_verdict(most <= BEHIND_RULE)} |"
        )
    ours = [found[OURS] for _, found in shares if OURS in found]
    if ours:
        met = _verdict(min(ours) >= 0)
        yield f"| by value against no battery, worst of {len(ours)} windows | {min(ours):.1f} | >= 0 | {met} |"
    yield from _against_the_plan(shares)


def _against_the_plan(shares: list[tuple[Row, dict[str, float]]]) -> Iterator[str]:
    """Yield how far below the linear programme, executed by intents, the table ever was where peaks cost."""
    ahead = [
        (found[OURS] - found[PLAN], row)
        for row, found in shares
        if row["kind"] == "demand" and OURS in found and PLAN in found
    ]
    if ahead:
        least, row = min(ahead, key=lambda pair: pair[0])
        where = f"{row['case']}, {row['window']}"
        yield (
            f"| with a price on peaks, by value above the LP by intents, worst of {len(ahead)} windows ({where}) "
            f"| {least:+.1f} points | never below | {_verdict(least >= 0)} |"
        )


def _co2(groups: list[tuple[tuple[str, str, str, str], list[Row]]]) -> Iterator[str]:
    """Yield what cost-optimal plans add in CO2, and what a limit on it costs."""
    for key, group in groups:
        by_name = {row["policy"]: row for row in group}
        limited, base = by_name.get("by worth, CO2 limited"), by_name.get(BASE)
        if limited is None or base is None or base["co2_kg"] is None:
            continue
        free = by_name.get("by worth")
        if free is None:
            continue
        yield (
            f"CO2 of {key[1]}, {key[2]}, prices {key[3]}: no battery {base['co2_kg']:.1f} kg; by worth "
            f"{_percent(free, base)}; with a limit {_percent(limited, base)}. Of {limited['plans']} limited plans "
            f"none is expected to emit more than no battery under the same forecast (worst "
            f"{limited['worst_co2_kg']:+.1e} kg); the limit costs {limited['cost'] - free['cost']:.2f}.\n"
        )


def _percent(row: Row, base: Row) -> str:
    return f"{row['co2_kg'] - base['co2_kg']:+.1f} kg ({100 * (row['co2_kg'] / base['co2_kg'] - 1):+.2f} %)"


def _verdict(met: bool) -> str:
    return "met" if met else "missed"
