"""What the gallery is made of: one entry for each component, one example for each of its states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go
from dash import html

from components.cards import chart_card, chart_parts
from components.graph import drawn, drawn_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A component in one state: what the state is, and what draws it."""

    state: str
    draw: Callable[[], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartExample:
    """A chart in one state; `key` begins its ids."""

    state: str
    key: str
    figure: Callable[[], go.Figure]
    height: int = 236
    phone_height: int = 200
    meta: str = ""
    caption: str = ""
    legend: Callable[[], list[html.Button]] = field(default=list)

    def draw(self, component: str) -> html.Section:
        """Return the chart's card, filled; its title names the component too."""
        name = f"gallery-{self.key}"
        title = f"{component}: {self.state}"
        card = chart_card(name, title, height=self.height, phone_height=self.phone_height)
        parts = chart_parts(name)
        card[drawn_id(name)].data = drawn(self.figure(), height=self.height, phone_height=self.phone_height)
        card[parts["legend"]].children = self.legend()
        card[parts["meta"]].children = self.meta
        card[parts["caption"]].children = self.caption
        return card


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A component: its name and its states."""

    title: str
    examples: tuple[Example | ChartExample, ...]
