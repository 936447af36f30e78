"""Signing in and out through the front door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dash_app.domain.errors import ApiUnavailable, ApiUnreadable, RateLimited
from dash_app.session_cookie import cookie_content
from tests.app.building import MANAGER, PASSWORD, Building, build, call, output_of, payload, sign_in

JSON = {"Accept": "application/json"}


def cookie(client: Any) -> str:
    found = client.get_cookie("energy")
    return found.value if found else ""


def test_the_page_has_a_form_that_works_without_script(building: Building) -> None:
    page = building.client().get("/login").get_data(as_text=True)
    assert 'type="email"' in page
    assert 'type="password"' in page
    assert '<form class="login-card" action="/login" method="post"' in page
    assert "The sign-ins are printed" in page


def test_a_person_ends_up_on_the_project_selection(building: Building) -> None:
    answer = sign_in(building.client())
    assert (answer.status_code, answer.location) == (303, "/projects")


def test_a_person_ends_up_where_they_wanted_to_go(building: Building) -> None:
    answer = sign_in(building.client(), next="/p/monash/?range=day")
    assert answer.location == "/p/monash/?range=day"


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example", "https://evil.example/p", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x", "/\r\nLocation: x", "/\tevil", " //evil", "///evil.example", "/login", "/logout",
        "/_dash-layout", "",
    ],
)  # fmt: skip
def test_the_way_on_never_leaves_this_site(building: Building, evil: str) -> None:
    answer = sign_in(building.client(), next=evil)
    assert answer.location == "/projects" or answer.location.startswith("/%0d%0a")
    assert "\n" not in answer.location
    assert not answer.location.startswith("//")


def test_the_script_of_the_page_is_told_where_to_go(building: Building) -> None:
    client = building.client()
    token = token_of(client)
    answer = client.post("/login", data={"token": token, "email": MANAGER, "password": PASSWORD}, headers=JSON)
    assert answer.get_json() == {"next": "/projects"}


def test_wrong_password_and_unreachable_server_are_never_confused(building: Building) -> None:
    client = building.client()
    wrong = sign_in(client, password="wrong")
    building.api.fails = ApiUnavailable("refused")
    down = sign_in(client)
    assert (wrong.status_code, down.status_code) == (401, 503)
    assert "Wrong e-mail or password." in wrong.get_data(as_text=True)
    assert "We cannot reach the server." in down.get_data(as_text=True)
    assert "We cannot reach the server.</span>" not in wrong.get_data(as_text=True)
    assert "Wrong e-mail" not in down.get_data(as_text=True)


def test_an_attempt_that_cannot_reach_the_server_is_to_be_repeated_in_five_seconds(building: Building) -> None:
    building.api.fails = ApiUnavailable("refused")
    client = building.client()
    answer = client.post(
        "/login", data={"token": token_of(client), "email": MANAGER, "password": PASSWORD}, headers=JSON
    )
    assert answer.status_code == 503
    assert answer.get_json() == {"error": "We cannot reach the server.", "field": "", "retry_s": 5}


def test_the_page_holds_the_words_of_the_countdown(building: Building) -> None:
    page = building.client().get("/login").get_data(as_text=True)
    assert "Trying again in {s} s ({n} of {max})." in page


def test_an_unreadable_answer_and_a_busy_server_have_their_own_words(building: Building) -> None:
    building.api.fails = ApiUnreadable("customer: missing")
    assert "The server sent an unreadable answer." in sign_in(building.client()).get_data(as_text=True)
    building.api.fails = RateLimited("429", retry_after_s=40)
    answer = sign_in(building.client())
    assert answer.status_code == 429
    assert "The server asks us to wait 40 s." in answer.get_data(as_text=True)


def test_empty_fields_are_refused_before_the_api_is_asked(building: Building) -> None:
    assert sign_in(building.client(), email="  ").status_code == 422
    assert sign_in(building.client(), password="").status_code == 422
    assert building.api.calls == []


def test_the_cookie_holds_a_session_id_only_and_is_kept_from_scripts_and_other_sites(building: Building) -> None:
    client = building.client()
    answer = sign_in(client)
    content = cookie_content(building.app.server, {"energy": cookie(client)})
    assert list(content) == ["sid"]
    header = answer.headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Strict" in header
    assert "Secure" not in header


def test_behind_https_the_cookie_is_secure_and_bound_to_the_host() -> None:
    served = build(public_url="https://energy.example")
    header = served.client().get("/login", base_url="https://energy.example").headers["Set-Cookie"]
    assert header.startswith("__Host-energy=")
    assert "Secure" in header
    assert "Domain" not in header


def test_signing_in_gives_a_new_session_and_ends_the_old_one(building: Building) -> None:
    client = building.signed_in()
    first = cookie(client)
    sign_in(client)
    assert cookie(client) != first
    replayed = building.client()
    replayed.set_cookie("energy", first)
    assert replayed.get("/projects").status_code == 302


def test_a_session_id_somebody_planted_is_not_taken_over(building: Building) -> None:
    client = building.client()
    client.set_cookie("energy", "planted.by.somebody")
    sign_in(client)
    assert "planted" not in cookie(client)
    assert client.get("/projects").status_code == 200


def test_signing_out_revokes_the_session_on_the_server(building: Building) -> None:
    client = building.signed_in()
    kept = cookie(client)
    assert client.post("/logout").location == "/login"
    thief = building.client()
    thief.set_cookie("energy", kept)
    assert thief.get("/projects").location == "/login?ended=1"
    assert (
        call(thief, payload(building.app, output_of(building.app, "projects-rows.children"))).get_json()["response"]
        == {}
    )


def test_a_session_ends_by_itself(building: Building) -> None:
    client = building.signed_in()
    building.clock.advance(timedelta(hours=13))
    answer = client.get("/p/monash/")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/p/monash/&ended=1"
    assert "Your session has ended. Please sign in again." in client.get(answer.location).get_data(as_text=True)


def test_a_person_removed_at_the_api_loses_the_session_at_the_next_renewal(building: Building) -> None:
    client = building.signed_in()
    building.api.revoked.add(MANAGER)
    building.clock.advance(timedelta(minutes=14))
    assert client.get("/projects").status_code == 302


def test_a_form_without_its_token_is_refused(building: Building) -> None:
    client = building.client()
    client.get("/login")
    for token in ("", "guessed"):
        answer = client.post("/login", data={"token": token, "email": MANAGER, "password": PASSWORD})
        assert answer.status_code == 400
    bare = building.client().post("/login", data={"token": "", "email": MANAGER, "password": PASSWORD})
    assert bare.status_code == 400
    assert building.api.calls == []


def test_a_hundred_guesses_reach_the_api_five_times_and_are_audited_once_a_minute(building: Building) -> None:
    client = building.client()
    token = token_of(client)
    guesses = [
        client.post("/login", data={"token": token, "email": MANAGER, "password": f"guess {n}"}) for n in range(100)
    ]
    assert [answer.status_code for answer in guesses] == [401] * 5 + [429] * 95
    assert building.api.calls.count("sign_in") == 5
    locked = [row for row in building.store.audit.rows() if row.what == "sign-in locked"]
    assert len(locked) == 1
    assert (locked[0].who, "127.0.0.1" in locked[0].detail) == (MANAGER, True)
    assert "The server asks us to wait" in guesses[-1].get_data(as_text=True)


def test_a_locked_person_does_not_lock_out_another_one(building: Building) -> None:
    client = building.client()
    for _ in range(6):
        sign_in(client, email="ada@example.org", password="wrong")
    assert sign_in(client).status_code == 303


def test_the_password_stands_in_no_page_and_no_log(building: Building, capsys: pytest.CaptureFixture[str]) -> None:
    client = building.client()
    pages = [sign_in(client, email="nobody@example.org").get_data(as_text=True)]
    building.api.fails = ApiUnavailable("refused")
    pages.append(sign_in(client).get_data(as_text=True))
    building.api.fails = None
    sign_in(client)
    pages.append(client.get("/projects").get_data(as_text=True))
    printed = capsys.readouterr()
    assert all(PASSWORD not in text for text in (*pages, printed.out, printed.err))
    assert all("access-" not in text for text in (*pages, printed.out, printed.err))


def test_a_name_with_markup_is_escaped_on_the_page(building: Building) -> None:
    page = sign_in(building.client(), email='"><img src=x onerror=alert(1)>@x').get_data(as_text=True)
    assert "<img src=x" not in page


def token_of(client: Any) -> str:
    return client.get("/login").get_data(as_text=True).split('name="token" value="')[1].split('"')[0]
