"""The one token module: every colour, size and distance of the look, for CSS, Plotly templates and grid themes alike.

`python -m components.tokens > assets/0-tokens.css` writes the style sheet; a test keeps the two in step.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields

FONT_STACK = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
MONO_STACK = "ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'Liberation Mono', monospace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One theme's colours, `#RRGGBB`. The energy colours (`pv` ... `loss`) mean energy and nothing else."""

    canvas: str
    surface: str
    sunken: str
    raised: str
    text: str
    muted: str
    line: str
    line_strong: str
    control: str
    primary: str
    on_primary: str
    primary_soft: str
    danger: str
    danger_bg: str
    warning: str
    warning_bg: str
    success: str
    success_bg: str
    pv: str
    discharge: str
    charge: str
    grid_import: str
    grid_export: str
    load: str
    heat: str
    neutral: str
    loss: str
    chart_axis: str
    chart_grid: str
    sea: str
    land: str

    def css_items(self) -> list[tuple[str, str]]:
        """Return (custom property, colour) pairs in the order of the fields."""
        return [(css_name(field.name), getattr(self, field.name)) for field in fields(self)]


LIGHT = Theme(
    canvas="#F6F7F9",
    surface="#FFFFFF",
    sunken="#F0F2F5",
    raised="#FFFFFF",
    text="#17202B",
    muted="#4B5563",
    line="#E3E7EC",
    line_strong="#CBD2DA",
    control="#7F8792",
    primary="#1E5FBF",
    on_primary="#FFFFFF",
    primary_soft="#EAF1FB",
    danger="#B42318",
    danger_bg="#FEF3F2",
    warning="#8A5300",
    warning_bg="#FFF7E6",
    success="#0B6B3A",
    success_bg="#ECFDF3",
    pv="#B7820F",
    discharge="#1F6B60",
    charge="#E0257F",
    grid_import="#3480EC",
    grid_export="#5A1A9A",
    load="#111C2B",
    heat="#953307",
    neutral="#5B6470",
    loss="#7F8792",
    chart_axis="#AEB6C0",
    chart_grid="#ECEFF3",
    sea="#F3F6F9",
    land="#D3DAE3",
)

DARK = Theme(
    canvas="#0E1116",
    surface="#161B22",
    sunken="#1E242D",
    raised="#2B3440",
    text="#E6EAF0",
    muted="#B6BECA",
    line="#29303A",
    line_strong="#3A434F",
    control="#6B7480",
    primary="#7FB2FF",
    on_primary="#0E1116",
    primary_soft="#1B2736",
    danger="#FF9D94",
    danger_bg="#3A1B1A",
    warning="#FFC46B",
    warning_bg="#33260F",
    success="#6FD6A0",
    success_bg="#12291D",
    pv="#FEC672",
    discharge="#3C9370",
    charge="#D17DAF",
    grid_import="#40BEFD",
    grid_export="#9743ED",
    load="#D9DEE5",
    heat="#C8431F",
    neutral="#B6BECA",
    loss="#6B7480",
    chart_axis="#4C5663",
    chart_grid="#232A34",
    sea="#12171E",
    land="#2B3440",
)

THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}

TYPE_SIZES: dict[str, tuple[int, int, int]] = {
    "kpi": (28, 36, 600),
    "kpi-small": (24, 32, 600),
    "title": (20, 28, 600),
    "emphasis": (16, 22, 600),
    "body": (14, 20, 400),
    "label": (13, 18, 400),
    "meta": (12, 16, 400),
}
"""Size, line height (px) and weight by use; nothing is smaller than 12 px except 11 px labels inside a plot."""

LENGTHS: dict[str, str] = {
    "radius-card": "12px",
    "radius-button": "8px",
    "radius-badge": "6px",
    "radius-bar": "3px",
    "nav-width": "240px",
    "header-height": "56px",
    "banner-height": "30px",
    "content-width": "1440px",
    "gutter": "16px",
    "margin": "24px",
    "target": "36px",
}

SHADOWS: dict[str, tuple[str, str]] = {
    "card": ("0 1px 2px rgba(23,32,43,.05)", "none"),
    "raised": ("0 4px 14px rgba(23,32,43,.12)", "0 0 0 1px #3A434F"),
}
"""Shadows in (light, dark): the dark theme has none, lines carry the structure."""

BOOTSTRAP: dict[str, str] = {
    "body-bg": "canvas",
    "body-color": "text",
    "emphasis-color": "text",
    "heading-color": "text",
    "secondary-color": "muted",
    "secondary-bg": "sunken",
    "tertiary-bg": "surface",
    "tertiary-color": "muted",
    "border-color": "line",
    "card-bg": "surface",
    "card-border-color": "line",
    "dropdown-bg": "surface",
    "modal-bg": "surface",
    "primary": "primary",
    "primary-bg-subtle": "primary-soft",
    "primary-text-emphasis": "primary",
    "link-color": "primary",
    "link-hover-color": "primary",
    "danger": "danger",
    "danger-text-emphasis": "danger",
    "danger-bg-subtle": "danger-bg",
    "warning": "warning",
    "warning-text-emphasis": "warning",
    "warning-bg-subtle": "warning-bg",
    "success": "success",
    "success-text-emphasis": "success",
    "success-bg-subtle": "success-bg",
}
"""Bootstrap's variable -> our token. Links are compiled from the -rgb twins, which `css` adds."""

RGB_TWINS = ("body-bg", "body-color", "primary", "link-color", "link-hover-color", "danger", "warning", "success")


def css_name(field_name: str) -> str:
    """Return the custom property of a token.

    >>> css_name("primary_soft")
    '--sb-primary-soft'
    """
    return f"--sb-{field_name.replace('_', '-')}"


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Return the channels, 0..255, of `#RRGGBB`.

    >>> rgb_of("#1E5FBF")
    (30, 95, 191)
    """
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def rgba(colour: str, opacity: float) -> str:
    """Return `colour` with an opacity (0..1) as Plotly and CSS write it.

    >>> rgba("#B7820F", 0.18)
    'rgba(183,130,15,0.18)'
    """
    red, green, blue = rgb_of(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def css() -> str:
    """Return the whole style sheet of tokens: sizes once, colours for each theme."""
    blocks = [_block(":root", _size_lines())]
    blocks.append(_block(":root, [data-bs-theme=light]", ["color-scheme: light;", *_theme_lines(LIGHT, 0)]))
    blocks.append(_block("[data-bs-theme=dark]", ["color-scheme: dark;", *_theme_lines(DARK, 1)]))
    return "/* Written by `python -m components.tokens`; change components/tokens.py instead. */\n" + "\n".join(blocks)


def _block(selector: str, lines: list[str]) -> str:
    return f"{selector} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def _size_lines() -> list[str]:
    fonts = [f"--sb-font: {FONT_STACK};", f"--sb-mono: {MONO_STACK};", "--bs-font-sans-serif: var(--sb-font);"]
    sizes = [f"--sb-type-{use}: {bold} {px}px/{line}px var(--sb-font);" for use, (px, line, bold) in TYPE_SIZES.items()]
    return [*fonts, *sizes, *(f"--sb-{name}: {value};" for name, value in LENGTHS.items())]


def _theme_lines(theme: Theme, place: int) -> list[str]:
    colours = dict(theme.css_items())
    lines = [f"{name}: {colour};" for name, colour in colours.items()]
    lines += [f"--sb-shadow-{name}: {both[place]};" for name, both in SHADOWS.items()]
    lines += [f"--bs-{name}: var(--sb-{token});" for name, token in BOOTSTRAP.items()]
    for name in RGB_TWINS:
        red, green, blue = rgb_of(colours[f"--sb-{BOOTSTRAP[name]}"])
        lines.append(f"--bs-{name}-rgb: {red}, {green}, {blue};")
    return lines


if __name__ == "__main__":
    sys.stdout.write(css())
