"""Badges: an icon and a word, so that no state is told by colour alone."""

from __future__ import annotations

from enum import StrEnum

from dash import html

from components.icons import Icon, icon


class Tone(StrEnum):
    """What a badge means: `info` waits for you, `neutral` is a fact."""

    OK = "ok"
    WARNING = "warning"
    DANGER = "danger"
    INFO = "info"
    NEUTRAL = "neutral"


ICONS: dict[Tone, Icon] = {
    Tone.OK: Icon.CHECK,
    Tone.WARNING: Icon.EXCLAMATION_TRIANGLE,
    Tone.DANGER: Icon.X_CIRCLE,
    Tone.INFO: Icon.BELL,
    Tone.NEUTRAL: Icon.INFO,
}


def badge(text: str, tone: Tone = Tone.NEUTRAL, symbol: Icon | None = None) -> html.Span:
    """Return a badge; `symbol` replaces the tone's own icon."""
    return html.Span([icon(symbol or ICONS[tone], size=12), text], className=f"sb-badge sb-badge-{tone.value}")
