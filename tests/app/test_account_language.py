"""The language of an answer: chosen, or asked for by the browser."""

from __future__ import annotations

import pytest
from flask import Flask, Response
from flask_babel import get_locale

from dash_app.language import AUTOMATIC, COOKIE, chosen, install_language, language, remember
from tests.app.building import Building, sign_in


def served() -> Flask:
    server = Flask("served")
    install_language(server)
    return server


@pytest.mark.parametrize(
    ("asked", "cookie", "spoken"),
    [
        ("", "", "en"),
        ("de", "", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "", "en"),
        ("fr, de;q=0.4, en;q=0.2", "", "de"),
        ("fr", "", "en"),
        ("de", "en", "en"),
        ("en", "de", "de"),
        ("de", "tlh", "de"),
        ("en", "../../etc", "en"),
    ],
)
def test_the_choice_goes_before_what_the_browser_asks_for(asked: str, cookie: str, spoken: str) -> None:
    headers = {"Accept-Language": asked, "Cookie": f"{COOKIE}={cookie}"}

    with served().test_request_context("/", headers=headers):
        assert language() == spoken
        assert str(get_locale()) == spoken


def test_outside_of_a_request_the_language_is_english() -> None:
    with served().app_context():
        assert language() == "en"


def test_a_choice_is_kept_for_a_year_and_out_of_reach_of_scripts() -> None:
    response = Response()

    remember(response, "de", secure=True)

    said = response.headers["Set-Cookie"]
    assert said.startswith(f"{COOKIE}=de;")
    assert "Max-Age=31536000" in said
    assert "Secure" in said and "HttpOnly" in said and "SameSite=Lax" in said and "Path=/" in said


@pytest.mark.parametrize("code", [AUTOMATIC, "tlh", "de; Domain=evil.example"])
def test_automatic_and_unknown_languages_forget_the_choice(code: str) -> None:
    response = Response()

    remember(response, code, secure=False)

    assert response.headers["Set-Cookie"].startswith(f"{COOKIE}=;")
    assert "Max-Age=0" in response.headers["Set-Cookie"]


def test_the_cookie_is_believed_only_for_languages_we_have() -> None:
    assert chosen({COOKIE: "de"}) == "de"
    assert chosen({COOKIE: "DE"}) == AUTOMATIC


@pytest.mark.parametrize("code", ["en", "de"])
def test_every_page_says_in_which_language_it_is(building: Building, code: str) -> None:
    client = building.client()
    client.set_cookie(COOKIE, code)

    assert f'<html lang="{code}"' in client.get("/login").get_data(as_text=True)
    sign_in(client)
    assert f'<html lang="{code}"' in client.get("/projects").get_data(as_text=True)
