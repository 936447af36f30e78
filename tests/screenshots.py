"""`python -m tests.screenshots`: pictures of the running demo for the README, the user guide and the eye.

Starts the demo in a folder of its own, waits until the planner has recommended something, signs in as the manager,
decides nothing, and writes docs/screenshots/<page>-<light, dark or phone>.png, then one sheet with all pages for each
look: light.png, dark.png, phone.png. A page that does not settle stops it: no picture shows a half-drawn page.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect, sync_playwright

from components.tokens import THEMES, Theme, rgb_of
from dash_app.app import PAGES
from tests.e2e.demo import CHROMIUM, FLAGS, Demo, running_demo, signed_in
from tests.e2e.looking import DESK, PHONE, WITHIN_MS, a_context, path_at, settled

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
LOOKS = {"light": (DESK, "light"), "dark": (DESK, "dark"), "phone": (PHONE, "light")}
WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
PLANNED_WITHIN_MS = 180_000
MAP_PAINTED_MS = 2_000
READ_WITHIN_MS = 60_000
STILL_READING = re.compile(r"^(Loading|Reading) ")
COLOURS = 256
ENERGIES = ("pv", "discharge", "charge", "grid_import", "grid_export", "load", "heat", "neutral", "loss")
SHEET_WIDTH, GAP, HEAD = 2400, 24, 28
COLUMNS = {"light": 4, "dark": 4, "phone": 8}
BACKGROUND = {"light": "#E3E7EC", "dark": "#000000", "phone": "#E3E7EC"}
INK = {"light": "#17202B", "dark": "#E6EAF0", "phone": "#17202B"}


def main() -> int:
    """Write every picture and the sheets."""
    expect.set_options(timeout=WITHIN_MS)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="screenshots") as folder,
        running_demo(Path(folder)) as demo,
        chromium_with_maps() as browser,
    ):
        wait_for_recommendations(browser, demo)
        for look in LOOKS:
            take(browser, demo, look)
            sheet(look).save(FOLDER / f"{look}.png", optimize=True)
    return 0


def pages() -> dict[str, str]:
    """Return name and address of every page, each at the project where it has most to show."""
    names = {page.PATH: page.PATH.rstrip("/").rsplit("/", 1)[-1] for page in PAGES}
    return {name.replace("<project_id>", "overview"): path_at(path) for path, name in names.items()}


@contextmanager
def chromium_with_maps() -> Iterator[Browser]:
    """Start chromium so that it can draw maps without a graphics card."""
    with sync_playwright() as playwright:
        flags = [*(flag for flag in FLAGS if flag != "--disable-gpu"), *WEBGL]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


def wait_for_recommendations(browser: Browser, demo: Demo) -> None:
    """Wait until the project selection says that every site with a battery has one."""
    context = a_context(browser, DESK)
    page = signed_in(context, demo, demo.sign_in_of("manager"))
    with_battery = page.locator(".sb-row").filter(has_text="simulated battery")
    expect(with_battery.filter(has_text="waiting")).to_have_count(3, timeout=PLANNED_WITHIN_MS)
    context.close()


def take(browser: Browser, demo: Demo, look: str) -> None:
    """Write the pictures of one look: what a window shows without scrolling."""
    viewport, scheme = LOOKS[look]
    context = a_context(browser, viewport, scheme, device_scale_factor=1, reduced_motion="reduce", locale="en-GB")
    page = context.new_page()
    page.goto(f"{demo.url}/login")
    page.wait_for_load_state("networkidle")
    shoot(page, "login", look)
    page.close()
    page = signed_in(context, demo, demo.sign_in_of("manager"))
    for name, path in pages().items():
        page.goto(f"{demo.url}{path}")
        settled(page)
        expect(page.get_by_text(STILL_READING).locator("visible=true")).to_have_count(0, timeout=READ_WITHIN_MS)
        wait_for_map(page)
        shoot(page, name, look)
    context.close()


def wait_for_map(page: Page) -> None:
    """Wait until the map, where there is one in sight, has its land: without a graphics card that takes a moment."""
    if page.locator("[data-map]").locator("visible=true").count():
        expect(page.locator(".sb-map-ready")).to_have_count(1)
        page.wait_for_timeout(MAP_PAINTED_MS)


def shoot(page: Page, name: str, look: str) -> None:
    """Write one picture, without a focus ring or a half-open menu, in few colours: a third of the bytes."""
    page.mouse.move(0, 0)
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    in_few_colours(picture, look).save(FOLDER / f"{name}-{look}.png", optimize=True)


def in_few_colours(picture: Image.Image, look: str) -> Image.Image:
    """Return a picture in the colours of its theme and their tints, and in those that are most frequent in it."""
    counted = picture.getcolors(picture.width * picture.height) or []
    frequent = [colour for _count, colour in sorted(counted, reverse=True)]
    kept = list(dict.fromkeys([*theme_colours(THEMES[LOOKS[look][1]]), *frequent]))[:COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for colour in kept for channel in colour])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def theme_colours(theme: Theme) -> list[tuple[int, ...]]:
    """Return every colour of a theme, and those of energies mixed with the surface as fills are."""
    surface = rgb_of(theme.surface)
    mixes = [
        tuple(round(share * ink + (1 - share) * ground) for ink, ground in zip(colour, surface, strict=True))
        for colour in (rgb_of(getattr(theme, name)) for name in ENERGIES)
        for share in (0.75, 0.5, 0.25)
    ]
    return [*(rgb_of(colour) for _name, colour in theme.css_items()), *mixes]


def sheet(look: str) -> Image.Image:
    """Return one picture of all pages in a look, each under its name."""
    names = ["login", *pages()]
    columns = COLUMNS[look]
    width = (SHEET_WIDTH - GAP) // columns - GAP
    viewport, _scheme = LOOKS[look]
    height = width * viewport["height"] // viewport["width"]
    rows = -(-len(names) // columns)
    whole = Image.new("RGB", (SHEET_WIDTH, GAP + rows * (HEAD + height + GAP)), BACKGROUND[look])
    pen = ImageDraw.Draw(whole)
    for place, name in enumerate(names):
        left = GAP + place % columns * (width + GAP)
        top = GAP + place // columns * (HEAD + height + GAP)
        pen.text((left, top), name, fill=INK[look], font_size=18)
        with Image.open(FOLDER / f"{name}-{look}.png") as picture:
            whole.paste(picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS), (left, top + HEAD))
    return in_few_colours(whole, look)


if __name__ == "__main__":
    sys.exit(main())
