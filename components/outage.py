"""The strip that says why nothing new could be loaded, counts down to the next try, and offers a way out.

A page puts `outage_strip(name)` into its layout, lets its loading callback return `outage_state(fault or None)` through
`outage_outputs(name)` and be called again by `outage_inputs(name)`: five tries, five seconds apart, then a button.
"""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, dcc, html, no_update

from components.badges import Tone
from components.icons import Icon
from components.states import RETRIES, RETRY_WAIT_S, banner, unreachable_words, unreadable_words, wait_words
from components.words import _
from dash_app.domain.errors import ApiUnavailable, ApiUnreadable, RateLimited

OUTAGES = (ApiUnavailable, ApiUnreadable, RateLimited)
"""Faults of the server that a page survives: it keeps what it shows and says so."""


def outage_strip(name: str) -> html.Div:
    """Return the strip, hidden, with the beat of its countdown."""
    again = html.Button(
        _("Try again"), id=f"{name}-try-again", type="button", hidden=True, className="btn sb-secondary sb-small"
    )
    way_out = html.A(_("Project selection"), href="/projects", className="btn sb-tertiary sb-small")
    words = html.Span(unreachable_words(0), id=f"{name}-countdown")
    strip = banner([words, html.Span([again, way_out], className="sb-strip-actions")], Tone.WARNING, Icon.CLOUD_SLASH)
    tick = dcc.Interval(id=f"{name}-retry-tick", interval=1000, disabled=True)
    return html.Div([tick, dcc.Store(id=f"{name}-attempt", data=0), html.Div(strip, id=f"{name}-outage", hidden=True)])


def outage_inputs(name: str) -> dict[str, Input]:
    """Return what makes a page load again: a due attempt, or a person."""
    return {"attempt": Input(f"{name}-attempt", "data"), "again": Input(f"{name}-try-again", "n_clicks")}


def outage_outputs(name: str) -> dict[str, Output]:
    """Return where `outage_state` goes."""
    return {
        "hidden": Output(f"{name}-outage", "hidden"),
        "off": Output(f"{name}-retry-tick", "disabled"),
        "beats": Output(f"{name}-retry-tick", "n_intervals"),
    }


def outage_state(fault: Exception | None) -> dict[str, Any]:
    """Return the strip's state: counting after ApiUnavailable, gone when all is well or another strip tells more."""
    counting = isinstance(fault, ApiUnavailable)
    return {"hidden": not counting, "off": not counting, "beats": no_update if counting else 0}


def fault_banner(fault: Exception) -> list[html.Div]:
    """Return the strip of a fault that is not retried by a countdown."""
    if isinstance(fault, ApiUnavailable):
        return []
    words = wait_words(fault.retry_after_s) if isinstance(fault, RateLimited) else unreadable_words()
    return [banner(words, Tone.WARNING, Icon.CLOUD_SLASH)]


def countdown_view(beats: int) -> dict[str, Any]:
    """Return the words after `beats` seconds, the number of the attempt when one is due, and whether to offer more.

    >>> countdown_view(5)["attempt"], countdown_view(25)["try_again_hidden"]
    (1, False)
    """
    due = 0 < beats <= RETRIES * RETRY_WAIT_S and beats % RETRY_WAIT_S == 0
    return {
        "words": unreachable_words(beats),
        "attempt": beats // RETRY_WAIT_S if due else no_update,
        "try_again_hidden": beats < RETRIES * RETRY_WAIT_S,
    }


def register_outage(app: Dash, name: str) -> None:
    """Count down while the strip is there."""

    @app.callback(
        output={
            "words": Output(f"{name}-countdown", "children"),
            "attempt": Output(f"{name}-attempt", "data"),
            "try_again_hidden": Output(f"{name}-try-again", "hidden"),
        },
        inputs=[Input(f"{name}-retry-tick", "n_intervals")],
        prevent_initial_call=True,
    )
    def count_down(beats: int | None) -> dict[str, Any]:
        return countdown_view(beats or 0)
