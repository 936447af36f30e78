"""The account page: what it says, what its form does, and the language switch."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from components.role_words import role_words
from dash_app.account_attempts import MOST
from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.project import Role
from dash_app.language import COOKIE
from dash_app.workflows.account import FIXED, Outcome, Verdict
from pages.account_views import EMAIL, VERDICT_WORDS, field_of, right_words, verdict_words
from tests.app.building import (
    ANALYST,
    MANAGER,
    PASSWORD,
    VIEWER,
    Building,
    build,
    call,
    output_of,
    payload,
    sign_in,
    text_of,
)

NEW = "four plain grey herons"


def shown(building: Building, client: FlaskClient) -> str:
    body = payload(building.app, output_of(building.app, "account-roles.children"), account_start__data=1)
    answer = call(client, body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return text_of(answer.get_json()["response"])


def change(building: Building, client: FlaskClient, **fields: str) -> dict[str, Any]:
    """Press the button; fields by their names, the rest as on the page."""
    typed = {"email": MANAGER, "old": PASSWORD, "new": NEW, "again": NEW, **fields}
    values = {f"account_{name}__value": text for name, text in typed.items()}
    output = output_of(building.app, "account-said.children")
    answer = call(client, payload(building.app, output, account_change__n_clicks=1, **values))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    response: dict[str, Any] = answer.get_json()["response"]
    return response


def said(response: dict[str, Any]) -> str:
    return text_of(response["account-said"])


def speak(building: Building, client: FlaskClient, chosen: str) -> Any:
    body = payload(building.app, output_of(building.app, "account-spoken.data"), account_language__value=chosen)
    return call(client, body)


def test_it_says_who_one_is_and_what_the_roles_allow(building: Building) -> None:
    text = shown(building, building.signed_in(ANALYST))
    assert "Ada" in text and ANALYST in text
    assert text.count('"Analyst"') == 3
    assert "see and export, compute plans, open the status" in text
    assert "/p/monash/" in text


def test_a_viewer_sees_the_own_project_only(building: Building) -> None:
    text = shown(building, building.signed_in(VIEWER))
    assert text.count('"Viewer"') == 1
    assert "Fontana" not in text


def test_every_role_has_a_name_and_something_to_do() -> None:
    assert all(role_words(frozenset({role})) for role in Role)
    assert all(right_words(frozenset({role})).startswith("see and export") for role in Role)
    assert role_words(frozenset()) == "Viewer"


def test_it_is_in_the_menu_behind_the_initials(building: Building) -> None:
    body = payload(building.app, output_of(building.app, "shell-account.children"), shell_url__pathname="/projects")
    response = call(building.signed_in(), body).get_json()["response"]
    assert '"/account"' in text_of(response["shell-account"])


def test_somebody_who_is_not_signed_in_sees_and_changes_nothing(building: Building) -> None:
    client = building.client()
    assert client.get("/account").status_code == 302
    output = output_of(building.app, "account-said.children")
    assert call(client, payload(building.app, output, account_change__n_clicks=1)).status_code == 401
    assert "change_credentials" not in building.api.calls


def test_a_changed_password_signs_in_and_the_fields_are_emptied(building: Building) -> None:
    client = building.signed_in()
    response = change(building, client)
    assert "Changed. From now on you sign in as max@example.org." in said(response)
    assert [response[f"account-{name}"]["value"] for name in ("old", "new", "again")] == ["", "", ""]
    assert sign_in(building.client(), MANAGER).status_code == 401
    assert sign_in(building.client(), MANAGER, NEW).status_code == 303


def test_the_own_session_goes_on_and_every_other_one_ends(building: Building) -> None:
    here, elsewhere, analyst = building.signed_in(), building.signed_in(), building.signed_in(ANALYST)
    assert "1 other session of yours has ended." in said(change(building, here))
    assert here.get("/projects").status_code == 200
    assert elsewhere.get("/projects").status_code == 302
    assert analyst.get("/projects").status_code == 200


def test_a_changed_address_is_shown_at_once_and_audited(building: Building) -> None:
    response = change(building, building.signed_in(), email="maxi@example.org", new="", again="")
    assert "maxi@example.org" in text_of(response["account-who"])
    newest = building.store.audit.rows()[0]
    assert (newest.who, newest.what) == (MANAGER, "credentials changed")
    assert PASSWORD not in str(building.store.audit.rows())


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"old": "wrong"}, "old", "Your current password is not right."),
        ({"again": "four plain gray herons"}, "again", "not the same"),
        ({"new": PASSWORD, "again": PASSWORD}, "new", "is the current one"),
        ({"new": "short", "again": "short"}, "new", "at least 10 characters"),
        ({"new": "passwordpassword", "again": "passwordpassword"}, "new", "easy to guess"),
        ({"email": "nobody"}, "email", "Enter an e-mail address"),
        ({"email": ANALYST}, "email", "may be taken"),
        ({"old": ""}, "old", "Enter your current password."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_changed(
    building: Building, fields: dict[str, str], field: str, words: str
) -> None:
    response = change(building, building.signed_in(), **fields)
    assert words in said(response)
    wrong = [name for name in ("email", "old", "new", "again") if response[f"account-{name}"]["invalid"]]
    assert wrong == [field]
    assert "value" not in response["account-old"]
    assert sign_in(building.client(), MANAGER).status_code == 303


def test_after_five_wrong_passwords_nobody_is_asked_for_a_while(building: Building) -> None:
    client = building.signed_in()
    for _ in range(MOST):
        change(building, client, old="wrong")
    building.api.calls.clear()
    assert "Please wait 900 s." in said(change(building, client))
    assert building.api.calls == []


def test_values_that_are_no_text_are_empty_fields(building: Building) -> None:
    assert "Enter an e-mail address" in said(change(building, building.signed_in(), email={"a": 1}))  # type: ignore[arg-type]


def test_a_server_out_of_reach_is_said(building: Building) -> None:
    client = building.signed_in()
    building.api.fails = ApiUnavailable("refused")
    assert "We cannot reach the server. Nothing was changed." in said(change(building, client))


def test_where_accounts_are_kept_elsewhere_the_form_is_off_with_the_reason(building: Building) -> None:
    building.api.extensions = frozenset({FIXED})
    text = shown(building, building.signed_in())
    assert "keeps the accounts elsewhere" in text
    assert '"account-change": {"disabled": true}' in text


def test_every_verdict_has_its_words() -> None:
    assert set(VERDICT_WORDS) == set(Verdict) - {Verdict.CHANGED}
    for verdict in VERDICT_WORDS:
        assert "%" not in verdict_words(Outcome(verdict=verdict, wait_s=40.2))
    assert "41 s" in verdict_words(Outcome(verdict=Verdict.TOO_OFTEN, wait_s=40.2))
    assert field_of(Outcome(verdict=Verdict.NO_EMAIL)) == EMAIL


def test_the_language_is_kept_and_every_page_speaks_it(building: Building) -> None:
    client = building.signed_in()
    answer = speak(building, client, "de")
    assert answer.get_json()["response"]["account-spoken"]["data"] == "de"
    assert '<html lang="de"' in client.get("/account").get_data(as_text=True)
    asked = building.client().get("/login", headers={"Accept-Language": "de-CH"})
    assert '<html lang="de"' in asked.get_data(as_text=True)


def test_as_the_browser_forgets_the_choice(building: Building) -> None:
    client = building.signed_in()
    speak(building, client, "de")
    assert speak(building, client, "auto").get_json()["response"]["account-spoken"]["data"] == "auto"
    assert client.get_cookie(COOKIE) is None
    assert '<html lang="en"' in client.get("/account").get_data(as_text=True)


@pytest.mark.parametrize("chosen", ["auto", "tlh", "", None])
def test_a_choice_that_changes_nothing_reloads_nothing(building: Building, chosen: str) -> None:
    answer = speak(building, building.signed_in(), chosen)
    assert answer.get_json()["response"] == {}
    assert COOKIE not in str(answer.headers.getlist("Set-Cookie"))


def test_a_map_style_of_ones_own_may_be_loaded_from_its_origin_and_nothing_else_more() -> None:
    plain = build().client().get("/login").headers["Content-Security-Policy"]
    own = (
        build(map_style_url="https://maps.example.org/s.json").client().get("/login").headers["Content-Security-Policy"]
    )
    assert "https" not in plain
    assert own.replace(" https://maps.example.org", "") == plain
    assert own.count("https://maps.example.org") == 2
