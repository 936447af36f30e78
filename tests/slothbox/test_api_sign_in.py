"""Sign-in at the edge's API: right and wrong passwords, tokens, roles, limits, changed credentials."""

from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from slothbox.accounts import demo_password
from slothbox.sites import demo_sites
from tests.slothbox.edge_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def login(bench: Bench, email: object, password: object, path: str = "/customers/login") -> object:
    return bench.client.post(path, json={"email": email, "password": password})


def test_sign_in_names_the_customer_the_projects_and_the_roles(bench: Bench) -> None:
    answer = bench.sign_in("max")
    assert answer["customer"]["name"] == "Max"
    assert [project["projectId"] for project in answer["projects"]] == list(demo_sites())
    monash = answer["projects"][0]
    assert monash["projectCategoryName"] == "pvTestProject"
    assert monash["roles"] == ["manager"]
    assert {"101", "111", "116", "121", "125"} <= set(monash["measurands"])


def test_both_login_paths_answer_and_the_address_forgives_case_and_blanks(bench: Bench) -> None:
    password = demo_password(bench.state_dir, "ada@example.org")
    assert login(bench, " Ada@Example.org ", password, "/login").status_code == 200


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_401(bench: Bench, email: str) -> None:
    answer = login(bench, email, "wrong")
    assert (answer.status_code, answer.json) == (401, {"error": "Wrong e-mail or password."})


@pytest.mark.parametrize(("email", "password"), [("", "x"), ("ada@example.org", ""), (None, 3), ("a" * 201, "x")])
def test_empty_or_strange_fields_are_400(bench: Bench, email: object, password: object) -> None:
    assert login(bench, email, password).status_code == 400


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[1,2]", b"\xff"])
def test_a_body_that_is_no_object_is_400(bench: Bench, body: bytes) -> None:
    answer = bench.client.post("/customers/login", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert "email" in answer.json["error"]


def test_ten_failures_close_an_account_for_a_while_and_say_for_how_long(bench: Bench) -> None:
    for _ in range(10):
        assert login(bench, "ada@example.org", "wrong").status_code == 401
    closed = login(bench, "ada@example.org", demo_password(bench.state_dir, "ada@example.org"))
    assert closed.status_code == 429
    assert closed.headers["Retry-After"] == "60"
    assert bench.sign_in("max")["customer"]["name"] == "Max"
    bench.seconds = 61.0
    assert bench.sign_in("ada")["customer"]["name"] == "Ada"


def test_many_failures_from_one_host_close_that_host(bench: Bench) -> None:
    for number in range(100):
        login(bench, f"guess{number}@example.org", "wrong")
    assert login(bench, "max@example.org", "wrong").status_code == 429


def test_an_access_token_says_when_it_ends_and_ends_then(bench: Bench) -> None:
    token = bench.sign_in("ada")["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 15 * 60
    headers = {"Authorization": f"Bearer {token}"}
    assert bench.client.get("/listmeasurands", headers=headers).status_code == 200
    bench.real_now += timedelta(minutes=15)
    expired = bench.client.get("/listmeasurands", headers=headers)
    assert expired.status_code == 401
    assert expired.headers["WWW-Authenticate"] == "Bearer"


def test_a_refresh_token_works_once_and_its_second_use_ends_the_family(bench: Bench) -> None:
    first = bench.sign_in("ada")["refresh_token"]
    second = bench.client.post("/token/refresh", json={"refresh_token": first})
    assert second.status_code == 200
    assert second.json["projects"][0]["roles"] == ["analyst"]
    assert bench.client.post("/token/refresh", json={"refresh_token": first}).status_code == 401
    again = bench.client.post("/token/refresh", json={"refresh_token": second.json["refresh_token"]})
    assert again.status_code == 401


def test_a_refresh_token_ends_after_twelve_hours(bench: Bench) -> None:
    token = bench.sign_in("ada")["refresh_token"]
    bench.real_now += timedelta(hours=12)
    assert bench.client.post("/token/refresh", json={"refresh_token": token}).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic YTpi"])
def test_without_a_valid_token_every_private_address_is_401(bench: Bench, header: str) -> None:
    for path in ("/listmeasurands", "/getprojectdata?id=monash&limit=1", "/measurands?project=monash", "/prices"):
        assert bench.client.get(path, headers={"Authorization": header}).status_code == 401
    for path in ("/edge/samples", "/edge/published"):
        assert bench.client.post(path, json={}, headers={"Authorization": header}).status_code == 401


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(bench: Bench) -> None:
    answer = bench.sign_in("ada")
    as_access = bench.client.get("/listmeasurands", headers={"Authorization": f"Bearer {answer['refresh_token']}"})
    as_refresh = bench.client.post("/token/refresh", json={"refresh_token": answer["access_token"]})
    assert (as_access.status_code, as_refresh.status_code) == (401, 401)


def test_a_token_signed_by_another_key_or_by_none_is_401(bench: Bench) -> None:
    claims = jwt.decode(bench.sign_in("ada")["access_token"], options={"verify_signature": False})
    for forged in (jwt.encode(claims, "k" * 64, "HS256"), jwt.encode(claims, None, "none")):
        assert bench.client.get("/listmeasurands", headers={"Authorization": f"Bearer {forged}"}).status_code == 401


def test_changed_credentials_replace_the_old_ones_and_end_other_sessions(bench: Bench) -> None:
    answer = bench.sign_in("vera")
    old = demo_password(bench.state_dir, "vera@example.org")
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    changed = bench.client.put(
        f"/updatecustomer/{answer['customer']['customerId']}",
        json={"email": "vera@example.com", "name": "Vera B.", "password": "a new password"},
        headers=headers,
    )
    assert (changed.status_code, changed.json["name"]) == (200, "Vera B.")
    assert login(bench, "vera@example.org", old).status_code == 401
    assert login(bench, "vera@example.com", "a new password").status_code == 200
    assert bench.client.post("/token/refresh", json={"refresh_token": answer["refresh_token"]}).status_code == 401
    assert demo_password(bench.state_dir, "vera@example.org") is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"password": "short"}, 422),
        ({"email": "max@example.org"}, 422),
        ({"email": "no address"}, 422),
        ({"name": " "}, 400),
    ],
)
def test_credentials_that_cannot_be_are_refused_and_nothing_changes(
    bench: Bench, change: dict[str, str], status: int
) -> None:
    answer = bench.sign_in("vera")
    wanted = {"email": "vera@example.org", "name": "Vera", "password": "long enough"} | change
    path = f"/updatecustomer/{answer['customer']['customerId']}"
    refused = bench.client.put(path, json=wanted, headers={"Authorization": f"Bearer {answer['access_token']}"})
    assert refused.status_code == status
    assert bench.sign_in("vera")["customer"]["name"] == "Vera"


def test_nobody_changes_another_ones_credentials_and_machines_do_not_change_theirs(bench: Bench) -> None:
    body = {"email": "x@example.org", "name": "X", "password": "long enough"}
    max_id = bench.sign_in("max")["customer"]["customerId"]
    assert bench.client.put(f"/updatecustomer/{max_id}", json=body, headers=bench.headers("ada")).status_code == 404
    planner_id = bench.sign_in("planner")["customer"]["customerId"]
    answer = bench.client.put(f"/updatecustomer/{planner_id}", json=body, headers=bench.headers("planner"))
    assert answer.status_code == 403


def test_a_restart_keeps_passwords_and_tokens(bench: Bench) -> None:
    before = bench.sign_in("ada")
    again = Bench(bench.state_dir)
    headers = {"Authorization": f"Bearer {before['access_token']}"}
    assert again.client.get("/listmeasurands", headers=headers).status_code == 200
    assert again.sign_in("ada")["customer"] == before["customer"]
