"""The tokens keep what the look promises: contrast, distance, and a style sheet that is in step."""

from __future__ import annotations

import math
import re
from itertools import combinations
from pathlib import Path

import pytest

from components.tokens import BOOTSTRAP, RGB_TWINS, THEMES, Theme, css, css_name, rgb_of

ASSETS = Path(__file__).resolve().parents[2] / "assets"
ENERGY = ("pv", "discharge", "charge", "grid_import", "grid_export", "heat")
SURFACES = ("canvas", "surface", "sunken")
MIN_DISTANCE = {"light": 14.4, "dark": 14.9}

DEUTAN = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
PROTAN = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
TRITAN = ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900))
NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


Lab = tuple[float, float, float]


def linear(colour: str) -> list[float]:
    parts = [channel / 255 for channel in rgb_of(colour)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, eye: tuple[tuple[float, ...], ...]) -> Lab:
    seen = [min(1.0, max(0.0, sum(w * c for w, c in zip(row, linear(colour), strict=True)))) for row in eye]
    red, green, blue = seen
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    f = [part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def distance(one: Lab, other: Lab) -> float:
    """CIEDE2000."""
    l1, a1, b1 = one
    l2, a2, b2 = other
    mean_c = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = math.degrees(math.atan2(b1, a1)) % 360, math.degrees(math.atan2(b2, a2)) % 360
    dh = (h2 - h1 + 180) % 360 - 180
    big_h = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(dh) / 2)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = (h1 + h2) / 2 + (180 if abs(h1 - h2) > 180 else 0)
    t = (
        1
        - 0.17 * math.cos(math.radians(mean_h - 30))
        + 0.24 * math.cos(math.radians(2 * mean_h))
        + 0.32 * math.cos(math.radians(3 * mean_h + 6))
        - 0.20 * math.cos(math.radians(4 * mean_h - 63))
    )
    sl = 1 + 0.015 * (mean_l - 50) ** 2 / math.sqrt(20 + (mean_l - 50) ** 2)
    sc, sh = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    turn = math.radians(60 * math.exp(-(((mean_h % 360 - 275) / 25) ** 2)))
    rt = -math.sin(turn) * 2 * math.sqrt(mean_c**7 / (mean_c**7 + 25**7))
    dl, dc, dhh = (l2 - l1) / sl, (c2 - c1) / sc, big_h / sh
    return math.sqrt(dl**2 + dc**2 + dhh**2 + rt * dc * dhh)


PUBLISHED = (
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
    ((50.0, 2.5, 0.0), (56.0, -27.0, -3.0), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((36.4612, 47.8580, 18.3852), (36.2715, 50.5065, 21.2231), 1.4146),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)
"""Pairs in L*a*b* with their distance, from the test data of Sharma, Wu and Dalal (2005)."""


@pytest.mark.parametrize(("one", "other", "known"), PUBLISHED)
def test_the_distance_is_ciede2000_as_published(one: Lab, other: Lab, known: float) -> None:
    assert distance(one, other) == pytest.approx(known, abs=1e-4)
    assert distance(other, one) == pytest.approx(known, abs=1e-4)


def test_the_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert contrast("#1E5FBF", "#1E5FBF") == 1


@pytest.mark.parametrize("eye", [NORMAL, DEUTAN, PROTAN, TRITAN], ids=["normal", "deutan", "protan", "tritan"])
def test_every_kind_of_eye_sees_grey_as_grey(eye: tuple[tuple[float, ...], ...]) -> None:
    assert [sum(row) for row in eye] == pytest.approx([1, 1, 1], abs=1e-5)
    assert lab("#FFFFFF", eye) == pytest.approx((100, 0, 0), abs=0.02)
    assert distance(lab("#777777", eye), lab("#777777", NORMAL)) < 0.02


def test_the_style_sheet_is_what_the_module_writes() -> None:
    assert (ASSETS / "0-tokens.css").read_text() == css()


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
@pytest.mark.parametrize("surface", SURFACES)
def test_text_and_muted_text_can_be_read_on_every_surface(theme: Theme, surface: str) -> None:
    assert contrast(theme.text, getattr(theme, surface)) >= 7
    assert contrast(theme.muted, getattr(theme, surface)) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_status_words_can_be_read_on_their_tint_and_buttons_on_their_fill(theme: Theme) -> None:
    pairs = [(theme.danger, theme.danger_bg), (theme.warning, theme.warning_bg), (theme.success, theme.success_bg)]
    pairs += [(theme.on_primary, theme.primary), (theme.primary, theme.primary_soft), (theme.primary, theme.canvas)]
    pairs += [(theme.muted, theme.primary_soft)]
    assert [round(contrast(*pair), 1) for pair in pairs if contrast(*pair) < 4.5] == []


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_fields_and_energy_colours_stand_out_from_their_surfaces(theme: Theme) -> None:
    weak = [
        (name, surface)
        for name in (*ENERGY, "load", "neutral", "loss", "control")
        for surface in ("surface", "canvas")
        if contrast(getattr(theme, name), getattr(theme, surface)) < 3
    ]
    assert weak == []


@pytest.mark.parametrize("name", THEMES)
def test_energy_colours_stay_apart_for_every_kind_of_colour_blindness(name: str) -> None:
    theme, worst = THEMES[name], []
    for eye in (NORMAL, DEUTAN, PROTAN, TRITAN):
        seen = {colour: lab(getattr(theme, colour), eye) for colour in ENERGY}
        worst.append(min(distance(seen[one], seen[other]) for one, other in combinations(ENERGY, 2)))
    assert round(min(worst), 1) >= MIN_DISTANCE[name], worst


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_the_pins_of_the_map_and_status_words_stand_out_from_what_is_behind_them(theme: Theme) -> None:
    signs = ("success", "warning", "danger", "primary")
    behind = ("surface", "canvas", "sunken", "sea", "land")
    pairs = [(sign, ground) for sign in signs for ground in behind]
    needed = {ground: 3 if ground in {"sea", "land"} else 4.5 for ground in behind}
    weak = [pair for pair in pairs if contrast(getattr(theme, pair[0]), getattr(theme, pair[1])) < needed[pair[1]]]
    assert weak == []
    assert contrast(theme.text, theme.raised) >= 7
    assert contrast(theme.muted, theme.raised) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_the_colours_of_status_differ_too_though_icon_and_word_carry_it(theme: Theme) -> None:
    seen = [lab(getattr(theme, tone), NORMAL) for tone in ("danger", "warning", "success")]
    assert min(distance(one, other) for one, other in combinations(seen, 2)) > 20


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_our_own_blue_is_no_energy_colour(theme: Theme) -> None:
    apart = {name: distance(lab(theme.primary, NORMAL), lab(getattr(theme, name), NORMAL)) for name in ENERGY}
    assert min(apart.values()) > 10, apart


def test_the_themes_have_the_same_tokens_and_no_colour_twice_among_energies() -> None:
    light, dark = (dict(theme.css_items()) for theme in THEMES.values())
    assert light.keys() == dark.keys()
    for theme in THEMES.values():
        assert len({getattr(theme, name) for name in (*ENERGY, "load", "neutral", "loss")}) == len(ENERGY) + 3


def test_every_bootstrap_variable_is_fed_by_a_token_that_exists() -> None:
    known = {name for name, _ in THEMES["light"].css_items()}
    assert {f"--sb-{token}" for token in BOOTSTRAP.values()} <= known
    assert set(RGB_TWINS) <= set(BOOTSTRAP)
    assert "--bs-link-color-rgb: 30, 95, 191;" in css()


def test_style_sheets_use_only_tokens_that_exist() -> None:
    defined = set(re.findall(r"(--sb-[\w-]+):", css()))
    parts = "".join(file.read_text() for file in sorted((ASSETS.parent / "components").glob("*.py")))
    inline = set(re.findall(r'"(--sb-[\w-]+)":', parts))
    for sheet in sorted(ASSETS.glob("*.css")):
        text = sheet.read_text()
        own = set(re.findall(r"(--sb-[\w-]+)\s*:", text))
        used = set(re.findall(r"var\((--sb-[\w-]+)[,)]", text))
        unknown = {name for name in used - defined - own - inline if not name.startswith("--sb-icon")}
        assert not unknown, f"{sheet.name}: {sorted(unknown)}"


def test_no_style_sheet_but_the_tokens_names_a_colour() -> None:
    for sheet in sorted(ASSETS.glob("*.css")):
        if sheet.name != "0-tokens.css":
            found = re.findall(r"#[0-9A-Fa-f]{6}\b|#[0-9A-Fa-f]{3}\b(?![\w-])", sheet.read_text())
            assert not found, f"{sheet.name}: {found}"


def test_a_field_name_becomes_a_custom_property() -> None:
    assert css_name("grid_import") == "--sb-grid-import"
