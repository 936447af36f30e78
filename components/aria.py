"""Attributes with a hyphen, typed: what screen readers hear and what tests and scripts look for."""

from __future__ import annotations

from typing import Any


def aria(**names: str) -> dict[str, Any]:
    """Return `aria-*` attributes for a Dash component, underscores turned into hyphens.

    >>> aria(label="Theme", current="page")
    {'aria-label': 'Theme', 'aria-current': 'page'}
    """
    return {f"aria-{name.replace('_', '-')}": value for name, value in names.items()}


def data(**names: str) -> dict[str, Any]:
    """Return `data-*` attributes for a Dash component.

    >>> data(theme_toggle="1")
    {'data-theme-toggle': '1'}
    """
    return {f"data-{name.replace('_', '-')}": value for name, value in names.items()}
