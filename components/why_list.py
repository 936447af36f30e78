"""The reasons of a plan as a list: what the battery does and why, then the limits and what they cost."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from components.aria import aria
from components.why_words import limit_sentence, run_sentences, run_title
from components.words import _
from dash_app.domain.recommendation import Payload
from dash_app.domain.why import Why


def why_list(why: Why, payload: Payload, zone: ZoneInfo) -> html.Div:
    """Return the reasons of `payload`, oldest run first, then the limits, the dearest first."""
    runs = [
        html.Li([html.Strong(run_title(run, zone)), html.P(" ".join(run_sentences(run, why, payload, zone)))])
        for run in why.runs
    ]
    limits = [html.Li(limit_sentence(reason, payload, zone)) for reason in why.limits]
    parts: list[Any] = [
        html.H3(_("What the battery does, and why")),
        html.Ol(runs, className="sb-why-runs") if runs else html.P(_("The battery rests: nothing it could do pays.")),
        html.H3(_("What limits it")),
        html.Ul(limits, className="sb-runs") if limits else html.P(_("No limit stands in the way of a better plan.")),
        html.P(
            _(
                "What a limit or a plan without a step is worth is found by solving again with that one thing changed. "
                "What was stored first is given back first."
            ),
            className="sb-card-caption",
        ),
    ]
    return html.Div(parts, className="sb-why", role="group", **aria(label=_("Reasons")))
