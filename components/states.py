"""What a page or a card looks like when it is not simply fine: loading, empty, stale, saved, broken, not allowed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from components.aria import aria
from components.badges import Tone, badge
from components.icons import Icon, icon
from components.numbers import duration, number, since_words
from components.words import _, ngettext

RETRY_WAIT_S = 5
RETRIES = 5


def loading(height: int, words: str) -> html.Div:
    """Return a block of the final size; what is being loaded is told to screen readers."""
    return html.Div(
        html.Span(words, className="visually-hidden"), className="sb-loading", style={"height": f"{height}px"}
    )


def empty(words: str, *, href: str = "", link: str = "") -> html.Div:
    """Return the note of a card without values, with at most one way on."""
    way_on = [html.A(link, href=href, className="btn sb-secondary sb-small")] if href else []
    return html.Div([html.P(words), *way_on], className="sb-empty")


def banner(children: Any, tone: Tone = Tone.NEUTRAL, symbol: Icon = Icon.INFO) -> html.Div:
    """Return a strip that stands above the content of a page."""
    words = html.Div(children, className="sb-strip-words")
    return html.Div([icon(symbol, size=14), words], className=f"sb-strip sb-strip-{tone.value}", role="status")


def saved_banner(fetched_at: datetime, now: datetime, zone: ZoneInfo) -> html.Div:
    """Say that these are saved data, and how old they are."""
    words = _("Showing saved data from %(time)s.", time=since_words(fetched_at, now, zone))
    age = _("%(age)s old. The server cannot be reached.", age=duration(now - fetched_at))
    return banner([words, " ", age], Tone.WARNING, Icon.CLOUD_SLASH)


def unreachable_words(beats: int) -> str:
    """Return the countdown `beats` seconds after the first failure: five tries, five seconds apart.

    >>> unreachable_words(0)
    'We cannot reach the server. Trying again in 5 s (1 of 5).'
    >>> unreachable_words(8)
    'We cannot reach the server. Trying again in 2 s (2 of 5).'
    >>> unreachable_words(25)
    'We cannot reach the server.'
    """
    attempt = beats // RETRY_WAIT_S + 1
    if attempt > RETRIES:
        return _("We cannot reach the server.")
    return _(
        "We cannot reach the server. Trying again in %(left)d s (%(n)d of %(all)d).",
        left=RETRY_WAIT_S - beats % RETRY_WAIT_S,
        n=attempt,
        all=RETRIES,
    )


def unreadable_words() -> str:
    """Say that the server answered something that is not what it should be."""
    return _("The server sent an unreadable answer.")


def wait_words(retry_after_s: float) -> str:
    """Say that the server asked us to wait."""
    return _("The server asks us to wait %(s)s s.", s=number(retry_after_s, 0))


def dropped_words(dropped: int) -> str:
    """Say how many values were left out because they were no numbers.

    >>> dropped_words(12)
    '12 unreadable values were left out.'
    """
    return ngettext("%(num)d unreadable value was left out.", "%(num)d unreadable values were left out.", dropped)


def error(reference: str, *, retry: html.Button | None = None) -> html.Div:
    """Return the strip of a card that we failed to draw; the log has the rest under `reference`."""
    words = _("Could not draw this. Ref %(reference)s.", reference=reference)
    return html.Div([icon(Icon.EXCLAMATION_TRIANGLE), html.Span(words), retry], className="sb-error", role="alert")


def not_set_up(words: str, *, action: Any = None) -> html.Div:
    """Say that something does not exist in this project."""
    return html.Div([html.P(words), action], className="sb-empty")


def stale_words(what: str, silent_for: datetime, now: datetime) -> str:
    """Say since how long something has been silent."""
    return _("%(what)s silent for %(age)s.", what=what, age=duration(now - silent_for))


def no_permission(control: Any, reason: str, reason_id: str) -> html.Div:
    """Return a disabled control with the reason beside it; the control should be `aria-describedby` `reason_id`."""
    words = html.Span([icon(Icon.LOCK, size=14), reason], id=reason_id, className="sb-reason")
    return html.Div([control, words], className="sb-no-permission")


def notes(words: list[str]) -> html.Div:
    """Return notes about what was asked for and could not be shown."""
    return html.Div([banner(text) for text in words], className="sb-notes", **aria(live="polite"))


def partial_badge(fraction_words: str, gaps: int) -> html.Span:
    """Say how much is there and how often something is missing."""
    holes = ngettext("%(num)d gap.", "%(num)d gaps.", gaps)
    return badge(_("%(share)s of values. %(gaps)s", share=fraction_words, gaps=holes), Tone.WARNING)
