"""Status: are the processes alive, does the cache help, is the plan store sound, which versions run."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, dcc, html

from components.badges import Tone, badge
from components.cards import Figure, card, kpi_row
from components.icons import Icon
from components.numbers import NO_VALUE, duration, moment_words, number, percent
from components.shell import page_head
from components.states import loading
from components.tables import table
from components.words import _, ngettext
from dash_app.domain.dispatch import Alarm
from dash_app.domain.errors import StoreUnavailable
from dash_app.domain.ports import (
    Alarms,
    AskedOf,
    Audit,
    CacheKind,
    CacheStats,
    Heartbeat,
    Measurements,
    Session,
    States,
)
from dash_app.domain.project import Right
from dash_app.domain.time import Clock
from dash_app.workflows.kept import Kept

PATH = "/status"
REFRESH_MS = 10_000
LATE_AFTER = timedelta(seconds=60)
CHAIN_FOR = timedelta(minutes=1)
"""For so long a walk along the whole audit trail counts, whoever asked for it."""
EXPECTED = ("dispatcher", "planner")
PACKAGES = (
    "energy-dashboard", "dash", "plotly", "pandas", "cvxpy", "highspy", "statsmodels", "pymodbus", "SQLAlchemy",
    "diskcache",
)  # fmt: skip
UTC_ZONE = ZoneInfo("UTC")


class Id(StrEnum):
    """The page's parts."""

    ABOUT = "status-about"
    BODY = "status-body"
    TICK = "status-tick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the page shows; `mine` names the person's projects, `store_fault` is empty when the store could be read."""

    now: datetime
    mine: dict[str, str]
    beats: tuple[Heartbeat, ...]
    alarms: tuple[Alarm, ...]
    broken_row: int | None
    store_fault: str
    cache: CacheStats


def layout() -> html.Div:
    """Return the page without data."""
    return html.Div(
        [
            dcc.Interval(id=Id.TICK, interval=REFRESH_MS),
            page_head(_("Status"), html.Span(id=Id.ABOUT)),
            html.Div(loading(600, _("Loading the status")), id=Id.BODY),
        ]
    )


def register(
    app: Dash,
    *,
    who: Callable[[], Session],
    require: Callable[..., None],
    states: States,
    alarms: Alarms,
    audit: Audit,
    measurements: Measurements,
    clock: Clock,
) -> None:
    """Add the page's callback: for analysts and above."""
    walked: Kept[int | None] = Kept(clock, CHAIN_FOR)

    def first_broken() -> int | None:
        return walked.of(Id.BODY, audit.first_broken)

    @app.callback(Output(Id.BODY, "children"), Output(Id.ABOUT, "children"), Input(Id.TICK, "n_intervals"))
    def show_status(_beat: int | None) -> tuple[Any, str]:
        mine = {project.project_id: project.name for project in who().projects}
        facts = read_facts(states, alarms, first_broken, measurements, clock, mine)
        return body_view(facts), about_words(facts)

    require(Right.STATUS, Id.BODY)


def read_facts(
    states: States,
    alarms: Alarms,
    first_broken: Callable[[], int | None],
    measurements: Measurements,
    clock: Clock,
    mine: dict[str, str],
) -> Facts:
    """Return what is known now; a store that cannot be read is itself a fact. Alarms of other people's stay theirs."""
    cache = measurements.stats()
    try:
        raised = tuple(alarm for alarm in alarms.open_alarms() if alarm.project_id in mine or not alarm.project_id)
        beats, broken = states.heartbeats(), first_broken()
    except StoreUnavailable as error:
        return Facts(now=clock(), mine=mine, beats=(), alarms=(), broken_row=None, store_fault=str(error), cache=cache)
    return Facts(now=clock(), mine=mine, beats=beats, alarms=raised, broken_row=broken, store_fault="", cache=cache)


def about_words(facts: Facts) -> str:
    """Return the line under the title: everything fine, or what is not."""
    troubles = [_("the plan store cannot be read")] if facts.store_fault else []
    late = [name for name, tone, _words in map(_process(facts), _names(facts)) if tone is not Tone.OK]
    if late and not facts.store_fault:
        troubles.append(_("%(names)s not running", names=", ".join(late)))
    if facts.broken_row is not None:
        troubles.append(_("the audit trail was changed"))
    if facts.alarms:
        troubles.append(ngettext("%(num)d open alarm", "%(num)d open alarms", len(facts.alarms)))
    return _("Needs attention: %(what)s.", what=", ".join(troubles)) if troubles else _("All services up.")


def body_view(facts: Facts) -> list[Any]:
    """Return the cards."""
    return [
        html.Div(kpi_row(cache_figures(facts.cache)), className="sb-kpis"),
        html.Div([html.Div(_left(facts)), html.Div(_right(facts))], className="sb-status-cards"),
    ]


def cache_table(cache: CacheStats) -> Any:
    """Return how often the cache could answer alone, by what was asked."""
    words = {
        CacheKind.FIRST_SCREEN: _("First screen, 48 h"),
        CacheKind.HISTORY: _("Past days"),
        CacheKind.LIVE: _("Live values"),
        CacheKind.PRICES: _("Prices, CO2, weather"),
    }
    rows = [[words[one.kind], number(one.asked, 0), number(one.hits, 0), _rate(one)] for one in cache.kinds]
    head = [_("What"), _("Asked"), _("From cache"), _("Rate")]
    return table(_("Cache by kind"), head, rows, numbers=frozenset({1, 2, 3}))


def _rate(one: AskedOf) -> str:
    return NO_VALUE if one.hit_rate is None else percent(one.hit_rate)


def _left(facts: Facts) -> list[Any]:
    return [
        card(_("Processes"), _processes(facts), meta=_("Each says every few seconds that it lives")),
        card(_("Plan store"), _store(facts), meta=_("Recommendations, decisions, dispatch ledger, audit trail")),
    ]


def _right(facts: Facts) -> list[Any]:
    return [
        card(_("Cache by kind"), cache_table(facts.cache), meta=_("How often nobody had to be asked")),
        card(_("Open alarms"), _alarms(facts), meta=_("Of your projects")),
        card(_("Versions"), _versions(), meta=_("What runs here")),
    ]


def cache_figures(cache: CacheStats) -> list[Figure]:
    """Return the key figures of the measurement cache."""
    rate = None if cache.hit_rate is None else 100 * cache.hit_rate
    hits = _("%(hits)d of %(all)d openings", hits=cache.hits, all=cache.openings)
    return [
        _figure("hit-rate", _("Cache hit rate"), rate, "%", hits),
        _figure("rows", _("Cached rows"), cache.rows, "", _("48 h each")),
        _figure("points-needed", _("Points needed"), cache.points_needed, "", _("Over all openings")),
        _figure("points-asked", _("Points asked"), cache.points_asked, "", _("From the energy API")),
    ]


def _figure(key: str, label: str, value: float | None, unit: str, context: str) -> Figure:
    return Figure(key=key, label=label, text=number(value, 0), unit=unit, context=context, value=value)


def _names(facts: Facts) -> list[str]:
    return sorted({*EXPECTED, *(beat.name for beat in facts.beats)})


def _process(facts: Facts) -> Callable[[str], tuple[str, Tone, str]]:
    beats = {beat.name: beat for beat in facts.beats}

    def state(name: str) -> tuple[str, Tone, str]:
        if name not in beats:
            return name, Tone.DANGER, _("Not seen")
        late = facts.now - beats[name].at > LATE_AFTER
        return (name, Tone.WARNING, _("Silent")) if late else (name, Tone.OK, _("Running"))

    return state


def _processes(facts: Facts) -> Any:
    beats = {beat.name: beat for beat in facts.beats}
    rows: list[Sequence[Any]] = []
    for name, tone, words in map(_process(facts), _names(facts)):
        beat = beats.get(name)
        age = duration(max(facts.now - beat.at, timedelta())) if beat else NO_VALUE
        rows.append([html.Strong(name), badge(words, tone), beat.detail if beat else "", age])
    head = [_("Process"), _("State"), _("Last words"), _("Age")]
    return table(_("Processes"), head, rows, numbers=frozenset({3}))


def _alarms(facts: Facts) -> Any:
    if not facts.alarms:
        return html.P(_("None."), className="sb-quiet")
    rows = [
        [moment_words(alarm.at, UTC_ZONE), facts.mine.get(alarm.project_id, ""), alarm.message]
        for alarm in facts.alarms
    ]
    return table(_("Open alarms"), [_("Since, UTC"), _("Project"), _("What")], rows)


def _store(facts: Facts) -> Any:
    if facts.store_fault:
        return [badge(_("Cannot be read"), Tone.DANGER), html.P(facts.store_fault, className="sb-quiet")]
    chain = badge(_("Audit trail intact"), Tone.OK, Icon.SHIELD_CHECK)
    if facts.broken_row is not None:
        chain = badge(_("Audit trail changed at row %(row)d", row=facts.broken_row), Tone.DANGER)
    return html.Div([badge(_("Readable"), Tone.OK), chain], className="sb-badges")


def _versions() -> Any:
    rows = [["Python", platform.python_version()], *([name, version(name)] for name in PACKAGES)]
    return table(_("Versions"), [_("Part"), _("Version")], rows, numbers=frozenset({1}))
