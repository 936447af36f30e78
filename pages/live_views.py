"""What the live page shows of what was gathered: pure views, testable without Dash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dash import html

from components.badges import Tone, badge
from components.cards import card
from components.chain import battery_words, chain_table, exact_time
from components.graph import drawn
from components.icons import Icon, icon
from components.now_bar import now_bar, residual_badge
from components.numbers import clock_time, day_words, duration, percent, since_words, with_unit, zone_words
from components.setpoint_chart import setpoint_figure, setpoint_legend
from components.shell import page_head
from components.states import banner, empty, not_set_up
from components.words import _, ngettext
from dash_app.domain.dispatch import Mode
from dash_app.domain.errors import EnergyError
from dash_app.domain.project import Right
from dash_app.domain.recommendation import State
from dash_app.domain.tracking import Tracking
from dash_app.workflows.live import Live
from dash_app.workflows.measured import Place
from dash_app.workflows.review import Stopped
from pages.live_layout import HEIGHT, PHONE_HEIGHT

SHOWN_ALARMS = 3
RELEASE_COMMAND = "energy-dashboard release"
WHO_MAY_STOP = "Only operators, managers and administrators can stop."


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Who is in control: the line of the card, what explains it, and its badge."""

    title: str
    words: str
    badge: html.Span


def head_view(live: Live) -> html.Div:
    """Return the page's head: title, the site's time, and the device."""
    zone = live.place.zone
    day = day_words(live.now.astimezone(zone).date(), weekday=True, year=True)
    time = f"{clock_time(live.now, zone)} {zone_words(live.now, zone)}"
    about = _("%(day)s, %(time)s, refreshed every 5 s", day=day, time=time)
    return page_head(_("Live"), about, badge(battery_name(live.place), symbol=Icon.BATTERY))


def battery_name(place: Place) -> str:
    """Return the name of the battery, with what it is where its numbers are not a real one's."""
    battery = place.site.battery if place.site else None
    if battery is None:
        return _("No battery")
    return _("%(name)s, simulated battery", name=battery.name) if place.simulated else battery.name


def no_battery_view() -> html.Div:
    """Return the page of a project that has nothing to control."""
    return not_set_up(_("No battery in this project."))


def banners(live: Live) -> list[html.Div]:
    """Return what is wrong, the worst first: the store, the dispatcher, the battery, the server, open alarms."""
    strips: list[html.Div] = []
    if live.store_fault:
        words = _("The plan store cannot be read: what was approved and sent is not known here. Stop still works.")
        strips.append(banner(words, Tone.DANGER, Icon.DATABASE))
    elif live.dispatcher_is_silent:
        strips.append(banner(_silent_dispatcher(live), Tone.DANGER, Icon.EXCLAMATION_TRIANGLE))
    if live.api_fault:
        words = _("We cannot reach the server.") + " " + _("What the battery reports is still shown.")
        strips.append(banner(words, Tone.WARNING, Icon.CLOUD_SLASH))
    return [*strips, *_alarm_strips(live)]


def now_view(live: Live) -> html.Section:
    """Return the Now card: In and Out, where the numbers come from and how old they are."""
    balance = live.balance
    if balance is None or balance.newest is None:
        return card(_("Now"), empty(_("No value at this moment.")), class_name="sb-now-card")
    age = duration(max(live.now - balance.newest, timedelta()))
    source = _("Read from the plant %(age)s ago") if live.from_plant else _("From the energy API, %(age)s ago")
    body = now_bar(balance, simulated=live.place.simulated)
    return card(_("Now"), body, meta=source % {"age": age}, actions=residual_badge(balance), class_name="sb-now-card")


def control_view(live: Live) -> Control:
    """Say who is in control, until when, and what happens then."""
    own = badge(_("Own rules"), symbol=Icon.BATTERY)
    unknown = badge(_("Not known"), Tone.WARNING)
    if live.store_fault:
        words = _("The plan store cannot be read. Without it nothing new is sent, and the battery returns by itself.")
        return Control(title=_("Not known"), words=words, badge=unknown)
    if live.rules is None:
        words = _("Control is off: DEVICES_FILE names no device for this battery.")
        return Control(title=_("The battery's own safe rules"), words=words, badge=own)
    plan = live.held.plan
    if plan is None:
        words = _("No plan is in force. Nothing is sent until a plan is approved.")
        return Control(title=_("The battery's own safe rules"), words=words, badge=own)
    if live.dispatcher_is_silent:
        words = _("%(label)s is in force, but nobody sends it. The battery returns to its own rules by itself.")
        return Control(title=_("Not known"), words=words % {"label": plan.label}, badge=unknown)
    return _in_force(live, own)


def chain_card(live: Live) -> html.Section:
    """Return the card with the chain of every slot."""
    title = _("What happened to every set-point")
    meta = _("%(battery)s, newest first. A filled check is confirmed.", battery=battery_name(live.place))
    if live.store_fault:
        return card(title, empty(_("The plan store cannot be read.")), meta=meta)
    if not live.held.slots:
        words = _("Nothing was sent in the last 2 h, and no plan waits. The battery follows its own rules.")
        return card(title, empty(words), meta=meta)
    may_approve = live.place.project.allows(Right.APPROVE)
    table = chain_table(live.held.slots, live.now, live.place.zone, may_approve=may_approve)
    return card(title, table, meta=meta, class_name="sb-chain-card")


def chart_view(tracking: Tracking, place: Place) -> dict[str, Any]:
    """Return what the chart card is filled with: `drawn`, `meta`, `legend`, `caption`."""
    meta = _("%(battery)s · kW · dashed set-point, solid measured", battery=battery_name(place))
    if tracking.tolerance_kw is not None:
        allowed = with_unit(tracking.tolerance_kw, "kW")
        meta = _("%(meta)s, grey ±%(allowed)s allowed", meta=meta, allowed=allowed)
    return {
        "drawn": drawn(setpoint_figure(tracking, place.zone), height=HEIGHT, phone_height=PHONE_HEIGHT),
        "meta": meta,
        "legend": setpoint_legend(tracking),
        "caption": " ".join(part for part in (_deviation_words(tracking, place), _next_words(tracking, place)) if part),
    }


def stopped_view(stopped: Stopped, live: Live) -> html.Div:
    """Say what a stop did, and what to do when no dispatcher confirmed it."""
    ended = _("%(label)s is stopped.", label=stopped.recommendation.label) if stopped.recommendation else ""
    if stopped.released:
        words = _("Released: %(battery)s follows its own safe rules.", battery=battery_name(live.place))
        return banner(_timed(live, words, ended), Tone.OK, Icon.CHECK_CIRCLE)
    words = _("No dispatcher confirmed the release of %(battery)s.", battery=battery_name(live.place))
    return banner(_timed(live, words, ended, *_by_command()), Tone.DANGER, Icon.EXCLAMATION_TRIANGLE)


def unrecorded_view(fault: EnergyError, live: Live) -> html.Div:
    """Say what a stop did that could not be recorded."""
    return banner(_timed(live, str(fault), *_by_command()), Tone.DANGER, Icon.EXCLAMATION_TRIANGLE)


def stop_reason(live: Live) -> list[Any]:
    """Return why this person cannot stop, or nothing."""
    if live.place.project.allows(Right.STOP):
        return []
    return [icon(Icon.LOCK, size=14), _(WHO_MAY_STOP)]


def _in_force(live: Live, own: html.Span) -> Control:
    plan, approval, zone = live.held.plan, live.held.approval, live.place.zone
    assert plan is not None  # noqa: S101 - the caller asked
    until = since_words(plan.payload.steps[-1].end, live.now, zone)
    by = _("Plan %(label)s", label=plan.label)
    if approval is not None and approval.who:
        at = since_words(approval.at, live.now, zone)
        by = _("Plan %(label)s, approved by %(who)s at %(at)s", label=plan.label, who=approval.who, at=at)
    facts = {"by": by, "until": until}
    mode = live.reading.mode if live.reading and not live.reading_is_stale else Mode.UNKNOWN
    if plan.state is State.APPROVED:
        words = _("%(by)s. It takes over with its first order; in control until %(until)s, then safe rules.")
        return Control(title=_("The battery's own safe rules, still"), words=words % facts, badge=own)
    if mode in (Mode.LOCAL, Mode.FALLBACK):
        words = _("%(by)s, is in force until %(until)s, but the battery does not take orders now.") % facts
        return Control(title=_("The battery's own safe rules"), words=words, badge=badge(_("Own rules"), Tone.WARNING))
    words = _("%(by)s; in control until %(until)s, then safe rules.") % facts
    title = _("Energy DashBoard, until %(until)s", until=until)
    return Control(title=title, words=words, badge=badge(_("Approved plan"), Tone.INFO, Icon.SHIELD_CHECK))


def _deviation_words(tracking: Tracking, place: Place) -> str:
    if tracking.told.empty:
        return _("No set-point was sent in these hours.")
    deviation = tracking.deviation()
    if deviation.empty:
        return _("No measured value beside a set-point yet.")
    since = clock_time(deviation.index[0].to_pydatetime(), place.zone)
    if tracking.tolerance_kw is None:
        mean = with_unit(float(deviation.mean()), "kW")
        return _("Measured lies %(mean)s from the set-point on average since %(since)s.", mean=mean, since=since)
    share = percent(float((deviation <= tracking.tolerance_kw).mean()))
    return _("Inside the allowed deviation %(share)s of the time since %(since)s.", share=share, since=since)


def _next_words(tracking: Tracking, place: Place) -> str:
    later = tracking.ahead[tracking.ahead.index > tracking.now]
    if len(later) < 2:
        return ""
    at = clock_time(later.index[0].to_pydatetime(), place.zone)
    power = battery_words(float(later.iloc[0]))
    return _("Planned from %(at)s: %(power)s.", at=at, power=power)


def _silent_dispatcher(live: Live) -> str:
    if live.dispatcher_age is None:
        return _("The dispatcher has not reported yet.")
    return _("The dispatcher has not reported for %(age)s.", age=duration(live.dispatcher_age))


def _alarm_strips(live: Live) -> list[html.Div]:
    newest = sorted(live.held.alarms, key=lambda alarm: alarm.at, reverse=True)
    strips = [
        banner(
            [html.B(_("Alarm since %(at)s", at=since_words(alarm.at, live.now, live.place.zone))), alarm.message],
            Tone.DANGER,
            Icon.BELL,
        )
        for alarm in newest[:SHOWN_ALARMS]
    ]
    more = len(newest) - SHOWN_ALARMS
    if more > 0:
        strips.append(banner(ngettext("%(num)d more open alarm.", "%(num)d more open alarms.", more), Tone.DANGER))
    return strips


def _timed(live: Live, *words: Any) -> list[Any]:
    return [html.B(exact_time(live.now, live.place.zone)), *(html.Span(part) for part in words if part)]


def _by_command() -> list[Any]:
    return [_("On the server, release it with"), html.Code(RELEASE_COMMAND)]
