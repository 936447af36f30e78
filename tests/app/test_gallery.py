"""The gallery: in development only, and no component is missing from it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

import components
from dash_app.app import PAGES, pages_of
from pages import gallery
from pages.gallery_entry import ChartExample
from tests.app.building import build

DRAWN = ("html.", "go.Figure", "dcc.")
"""What the return annotation of a function says that draws."""


def public_functions() -> Iterator[FunctionType]:
    """Return every public function of the components that draws something."""
    for module in pkgutil.iter_modules(components.__path__):
        source = importlib.import_module(f"components.{module.name}")
        for name, value in vars(source).items():
            named = inspect.isfunction(value) and value.__module__ == source.__name__ and not name.startswith("_")
            if named and any(drawn in str(value.__annotations__.get("return")) for drawn in DRAWN):
                yield value


def codes_run_by(act: Any) -> set[CodeType]:
    """Return the code of every function that runs during `act()`."""
    seen: set[CodeType] = set()

    def notice(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            seen.add(frame.f_code)

    sys.setprofile(notice)
    try:
        act()
    finally:
        sys.setprofile(None)
    return seen


def test_every_component_that_draws_is_in_the_gallery() -> None:
    seen = codes_run_by(gallery.layout)
    missing = {
        f"{function.__module__}.{function.__name__}" for function in public_functions() if function.__code__ not in seen
    }
    assert sorted(missing) == []


def test_every_example_says_its_state_and_has_its_own_name() -> None:
    entries = gallery.entries()
    assert len({entry.title for entry in entries}) == len(entries)
    for entry in entries:
        states = [example.state for example in entry.examples]
        assert states and len(set(states)) == len(states)
    keys = [one.key for entry in entries for one in entry.examples if isinstance(one, ChartExample)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("settings", "status"), [({}, 404), ({"dev_pages": False}, 404), ({"dev_pages": True}, 200)])
def test_the_gallery_is_there_in_development_only(settings: dict[str, Any], status: int) -> None:
    assert build(**settings).signed_in().get("/gallery").status_code == status
    assert build(**settings).client().get("/gallery").status_code == 302


def test_the_gallery_is_never_there_in_production() -> None:
    workspace = build(dev_pages=True, host="0.0.0.0", public_url="https://energy.example").workspace
    assert gallery not in pages_of(workspace)
    assert gallery not in PAGES


def test_nothing_leads_to_the_gallery() -> None:
    building = build(dev_pages=True)
    pages = building.signed_in().get("/_dash-layout").get_data(as_text=True)
    assert gallery.PATH not in pages
