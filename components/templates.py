"""Plotly's look for both themes, made from the tokens.

Figures are built once, in the colours of the light theme. The browser swaps the template and maps every colour by
`recolouring()` when the dark theme is on, so that a change of theme needs no request.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from components.tokens import DARK, FONT_STACK, LIGHT, THEMES, Theme

MARGIN = {"l": 44, "r": 12, "t": 24, "b": 26}
PHONE_MARGIN = {"l": 40, "r": 20, "t": 24, "b": 26}


def template(theme: Theme) -> dict[str, Any]:
    """Return the Plotly template of a theme."""
    return {
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": theme.surface,
            "font": {"family": FONT_STACK, "size": 12, "color": theme.muted},
            "showlegend": False,
            "margin": MARGIN,
            "bargap": 0.35,
            "barcornerradius": 2,
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": theme.surface,
                "bordercolor": theme.line_strong,
                "font": {"size": 12, "color": theme.text},
            },
            "xaxis": _x_axis(theme),
            "yaxis": _y_axis(theme),
        }
    }


def templates() -> dict[str, dict[str, Any]]:
    """Return the template of each theme by its name."""
    return {name: template(theme) for name, theme in THEMES.items()}


def recolouring() -> dict[str, str]:
    """Return light colour -> dark colour. Where two light tokens share a colour, the first one is the one charts use.

    >>> recolouring()[LIGHT.pv] == DARK.pv
    True
    """
    pairs: dict[str, str] = {}
    for token in fields(Theme):
        pairs.setdefault(getattr(LIGHT, token.name), getattr(DARK, token.name))
    return pairs | {LIGHT.surface: DARK.surface}


def _x_axis(theme: Theme) -> dict[str, Any]:
    return {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "linecolor": theme.chart_axis,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": theme.chart_axis,
        "tickangle": 0,
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikedash": "dot",
        "spikecolor": theme.text,
    }


def _y_axis(theme: Theme) -> dict[str, Any]:
    return {
        "showline": False,
        "gridcolor": theme.chart_grid,
        "gridwidth": 1,
        "zeroline": True,
        "zerolinecolor": theme.chart_axis,
        "zerolinewidth": 1,
        "ticks": "outside",
        "ticklen": 6,
        "tickcolor": "rgba(0,0,0,0)",
        "nticks": 5,
    }
