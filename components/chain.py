"""The chain: one row for each slot, one cell for each link from computed to followed. Icon and word.

A filled check stands for a confirmed link, a half circle for one that runs or waits, an empty circle for one that is
still to come, a triangle for one that is late, refused, missed or not verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html

from components.aria import aria, data
from components.icons import Icon, icon
from components.numbers import clock_time, duration, with_unit
from components.words import _, mark, ngettext
from dash_app.domain.chain import Link, Mark, Slot, Word
from dash_app.domain.schedule import Intent, Step
from dash_app.domain.units import NO_BREAK_SPACE

ICONS = {
    Mark.DONE: Icon.CHECK_CIRCLE_FILL,
    Mark.RUNNING: Icon.CIRCLE_HALF,
    Mark.NOT_YET: Icon.CIRCLE,
    Mark.TROUBLE: Icon.EXCLAMATION_TRIANGLE,
}
SPOKEN = {
    Mark.DONE: mark("Done"),
    Mark.RUNNING: mark("Running"),
    Mark.NOT_YET: mark("Not yet"),
    Mark.TROUBLE: mark("Attention"),
}
WORDS = {
    Word.NONE: "",
    Word.WAITS: mark("Waits for approval"),
    Word.WAITS_SECOND: mark("Waits for a second person"),
    Word.EXPIRED: mark("Expired"),
    Word.DUE: mark("Due now"),
    Word.SENDING: mark("Being sent"),
    Word.READING: mark("Being read"),
    Word.MEASURING: mark("Being measured"),
    Word.LATE: mark("Late"),
    Word.MISSED: mark("Missed"),
    Word.REFUSED: mark("Refused"),
    Word.UNREACHABLE: mark("No answer"),
    Word.UNVERIFIED: mark("Not verified"),
    Word.UNCONFIRMED: mark("Not confirmed"),
    Word.RELEASED: mark("Released early"),
}
HEADS = (
    mark("Slot"), mark("Set-point"), mark("Computed"), mark("Checked"), mark("Approved"), mark("Sent"),
    mark("Read back"), mark("Followed"),
)  # fmt: skip
IDLE_KW = 0.05


def chain_table(slots: Sequence[Slot], now: datetime, zone: ZoneInfo, *, may_approve: bool) -> html.Div:
    """Return the table, newest slot first; the present slot is selected. `may_approve` says who a plan waits for."""
    head = html.Tr([html.Th(_(words), scope="col") for words in HEADS])
    rows = [row for slot in slots for row in _rows(slot, now, zone, may_approve)]
    caption = html.Caption(_("What happened to every set-point, newest slot first"), className="visually-hidden")
    table = html.Table([caption, html.Thead(head), html.Tbody(rows)], className="sb-table sb-chain")
    return html.Div(table, className="sb-table-frame", tabIndex=0, role="region", **aria(label=_("Every set-point")))


def setpoint_words(step: Step) -> str:
    """Return what a step asks for, direction in words.

    >>> from dash_app.domain.time import UTC
    >>> at = datetime(2020, 9, 28, tzinfo=UTC)
    >>> step = Step(start=at, end=at, intent=Intent.CHARGE, target_kw=9.6, battery_kw=-9.6, grid_kw=0, power_min_kw=0,
    ...             power_max_kw=0, soc_min=0, soc_max=1, soc_end=1)
    >>> setpoint_words(step)
    'Charge 9.6\\xa0kW'
    """
    match step.intent:
        case Intent.CHARGE:
            return _("Charge %(power)s", power=with_unit(step.target_kw, "kW"))
        case Intent.DISCHARGE:
            return _("Discharge %(power)s", power=with_unit(step.target_kw, "kW"))
        case Intent.IDLE:
            return _("Idle")
        case Intent.FOLLOW:
            return _follow_words(step.target_kw)
        case Intent.LIMIT if step.target_kw < 0:
            return _("Keep the export at or below %(power)s", power=with_unit(-step.target_kw, "kW"))
        case Intent.LIMIT:
            return _("Keep the import at or below %(power)s", power=with_unit(step.target_kw, "kW"))
        case Intent.VALUE:
            return _("By the value of stored energy")


def battery_words(battery_kw: float | None) -> str:
    """Return a battery power in words; discharge positive.

    >>> battery_words(-9.6), battery_words(20.0), battery_words(0.01), battery_words(None)
    ('Charging 9.6\\xa0kW', 'Discharging 20.0\\xa0kW', 'Idle', 'Unknown')
    """
    if battery_kw is None:
        return _("Unknown")
    if abs(battery_kw) < IDLE_KW:
        return _("Idle")
    words = _("Discharging %(power)s") if battery_kw > 0 else _("Charging %(power)s")
    return words % {"power": with_unit(abs(battery_kw), "kW")}


def _follow_words(grid_kw: float) -> str:
    if abs(grid_kw) < IDLE_KW:
        return _("Hold the grid at %(power)s", power=with_unit(0.0, "kW"))
    words = _("Hold import %(power)s") if grid_kw > 0 else _("Hold export %(power)s")
    return words % {"power": with_unit(abs(grid_kw), "kW")}


def _rows(slot: Slot, now: datetime, zone: ZoneInfo, may_approve: bool) -> list[html.Tr]:
    current = slot.is_current(now)
    links = (slot.computed, slot.checked, slot.approved, slot.sent, slot.read_back, slot.followed)
    names = ("computed", "checked", "approved", "sent", "read_back", "followed")
    cells = [
        _cell(link, name, words, now, zone, may_approve)
        for link, name, words in zip(links, names, HEADS[2:], strict=True)
    ]
    about = [html.Span(slot.label), *_expected(slot.step), *_writes(slot)]
    first = html.Th(_period(slot, zone), scope="row", className="sb-chain-slot")
    second = html.Td(
        [html.Span(setpoint_words(slot.step)), html.Span(_joined(about), className="sb-chain-about")],
        className="sb-chain-setpoint",
    )
    row = html.Tr(
        [first, second, *cells],
        className="sb-chain-current" if current else "",
        **(aria(current="true") if current else {}),
        **data(slot=slot.step.start.isoformat()),
    )
    return [row, *_notes(slot, zone, current)]


def _period(slot: Slot, zone: ZoneInfo) -> str:
    return _("%(a)s to %(b)s", a=clock_time(slot.step.start, zone), b=clock_time(slot.step.end, zone))


def _expected(step: Step) -> list[html.Span]:
    if step.table is not None:
        return [html.Span(_("by the value of stored energy"))]
    if step.intent is not Intent.FOLLOW or abs(step.battery_kw) < IDLE_KW:
        return []
    words = _("discharging about %(power)s") if step.battery_kw > 0 else _("charging about %(power)s")
    return [html.Span(words % {"power": with_unit(abs(step.battery_kw), "kW")})]


def _writes(slot: Slot) -> list[html.Span]:
    return [html.Span(ngettext("%(num)d write", "%(num)d writes", slot.writes))] if slot.writes > 1 else []


def _joined(parts: Sequence[html.Span]) -> list[html.Span | str]:
    joined: list[html.Span | str] = []
    for part in parts:
        joined += [" · ", part] if joined else [part]
    return joined


def _cell(link: Link, name: str, head: str, now: datetime, zone: ZoneInfo, may_approve: bool) -> html.Td:
    first, second = _cell_words(link, now, zone, may_approve)
    spoken = html.Span(f"{_(SPOKEN[link.mark])} ", className="visually-hidden")
    words = [html.Span(first, className="sb-chain-word")] if first else []
    more = [html.Span(second, className="sb-chain-about")] if second else []
    symbol = icon(ICONS[link.mark], size=14)
    return html.Td(
        html.Div([symbol, html.Div([spoken, *words, *more])], className="sb-chain-cell"),
        className=f"sb-chain-{link.mark.value.replace('_', '-')}",
        **data(link=name, mark=link.mark.value, head=_(head)),
    )


def _cell_words(link: Link, now: datetime, zone: ZoneInfo, may_approve: bool) -> tuple[str, str]:
    """Return the two lines of a cell: what happened, and when or by whom."""
    time = exact_time(link.at, zone) if link.at is not None else ""
    if link.word is Word.WAITS and may_approve:
        return _("Waits for you"), ""
    if link.word is Word.LATE and link.delay is not None:
        return _("%(delay)s late", delay=duration(link.delay)), time
    if link.word is not Word.NONE:
        return _(WORDS[link.word]), time
    if link.power_kw is not None:
        return time, battery_words(link.power_kw)
    if link.who and link.at is not None:
        return f"{clock_time(link.at, zone)} {link.who.split('@')[0]}", ""
    return time, ""


def _notes(slot: Slot, zone: ZoneInfo, current: bool) -> list[html.Tr]:
    """Return the ledger's own words on what went wrong: the newest, and how many more there are."""
    if not slot.notes:
        return []
    at, words = slot.notes[-1]
    more = len(slot.notes) - 1
    text = f"{exact_time(at, zone)}{NO_BREAK_SPACE} {words}"
    text += " " + ngettext("(%(num)d more before it)", "(%(num)d more before it)", more) if more else ""
    cell = html.Td(text, colSpan=len(HEADS), className="sb-chain-note")
    return [html.Tr(cell, className="sb-chain-noted sb-chain-current" if current else "sb-chain-noted")]


def exact_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return hours, minutes and seconds at the site."""
    return moment.astimezone(zone).strftime("%H:%M:%S")
