"""Every page speaks German to who wants German: layouts, frame, answers of the sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from dash.development.base_component import Component

from dash_app.app import PAGES
from dash_app.language import COOKIE
from tests.app.building import MANAGER, Building, build, sign_in, text_of
from tests.app.german import English

SPOKEN = ("children", "title", "label", "placeholder", "alt", "aria-label", "summary")


@pytest.fixture(scope="module")
def english() -> English:
    return English()


@pytest.fixture(scope="module")
def building() -> Building:
    return build()


def spoken(part: Any) -> Iterator[str]:
    """Return every text that a person reads or hears in a layout."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, (list, tuple)):
        for each in part:
            yield from spoken(each)
    elif isinstance(part, Component):
        properties = part.to_plotly_json()["props"]
        for name in SPOKEN:
            yield from spoken(properties.get(name))
        yield from spoken([option.get("label") for option in properties.get("options", []) if isinstance(option, dict)])


def test_english_is_found_where_it_is(english: English) -> None:
    left = ["Recommendations", "Live, 12 s ago", "Empfehlungen", "Live, vor 12 s", "Monash campus", "PV", " Export "]
    assert english.among(left) == ["Export", "Live, 12 s ago", "Recommendations"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_no_english_word_is_left_in_the_layout_of_a_page(
    page: ModuleType, building: Building, english: English
) -> None:
    with building.app.server.test_request_context("/", headers={"Cookie": f"{COOKIE}=de"}):
        layout = page.layout(project_id="monash") if "<project_id>" in page.PATH else page.layout()
        texts = list(spoken(layout))
    assert texts
    assert english.among(texts) == []


def test_no_english_word_is_left_in_the_frame(building: Building, english: English) -> None:
    with building.app.server.test_request_context("/", headers={"Cookie": f"{COOKIE}=de"}):
        assert english.among(spoken(building.app.layout())) == []


def test_the_sign_in_page_and_its_refusals_are_german(building: Building) -> None:
    client = building.client()
    client.set_cookie(COOKIE, "de")
    page = client.get("/login").get_data(as_text=True)
    assert '<html lang="de"' in page
    assert "Passwort anzeigen" in page and "Show password" not in page
    refused = sign_in(client, MANAGER, "wrong")
    assert "E-Mail oder Passwort ist falsch." in refused.get_data(as_text=True)


def test_two_people_at_once_each_have_their_own_language(building: Building) -> None:
    server = building.app.server
    with server.test_request_context("/", headers={"Cookie": f"{COOKIE}=de"}):
        german = text_of(building.app.layout())
    with server.test_request_context("/", headers={"Cookie": f"{COOKIE}=en"}):
        english = text_of(building.app.layout())
    assert "Zum Inhalt springen" in german and "Skip to the content" in english
