"""What the API says about itself and its measurands, what is live, and whose projects are whose."""

from datetime import timedelta
from pathlib import Path

import pytest

from slothbox.replay import load_replay
from slothbox.sites import demo_sites
from tests.slothbox.edge_bench import NOW, Bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("edge"))


def described(bench: Bench, project: str) -> dict[str, dict[str, object]]:
    return {entry["measurandName"]: entry for entry in bench.get(f"/measurands?project={project}").json}


def test_capabilities_are_open_and_name_every_extension(bench: Bench) -> None:
    answer = bench.client.get("/capabilities").json
    named = ["refresh", "roles", "measurands", "history", "columns", "live", "prices", "co2", "weather"]
    assert answer == {"version": 1, "extensions": named, "demo": True}


def test_measurands_say_what_belongs_to_the_connection_and_what_is_sparse_or_simulated(bench: Bench) -> None:
    monash = described(bench, "monash")
    on_connection = {code for code, entry in monash.items() if entry["onConnection"] and code.startswith("e_demand")}
    assert on_connection == {"e_demand_building1", "e_demand_building6"}
    assert {code for code, entry in monash.items() if entry["sparse"]} == {"e_demand_building4", "e_demand_building5"}
    assert {code for code, entry in monash.items() if entry["simulated"]} == {
        "P_ESS_charge",
        "P_ESS_discharge",
        "SOC",
        "P_PEG_import",
        "P_PEG_export",
    }
    assert monash["SOC"]["unit"] == "%"
    assert sum(entry["kwp"] or 0 for entry in monash.values()) == pytest.approx(136.5)


def test_measurands_say_when_they_are_served_and_when_they_were_measured(bench: Bench) -> None:
    array = described(bench, "monash")["pv_production_0"]
    assert array["last"] == "2026-11-22T09:45:00Z"
    assert array["first"] == "2026-06-27T14:00:00Z"
    assert array["sourceStart"] == "2020-04-26T00:00:00+10:00"
    assert array["sourceNow"] == "2020-09-20T21:07:30+10:00"


def test_what_is_simulated_is_described_by_what_was_posted(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert described(bench, "monash")["P_ESS_charge"]["last"] is None
    bench.archive_minutes(30)
    bench.now += timedelta(minutes=10)
    charge = described(bench, "monash")["P_ESS_charge"]
    assert (charge["first"], charge["last"]) == ("2026-11-22T09:37:00Z", "2026-11-22T10:06:00Z")
    assert (charge["sourceStart"], charge["sourceNow"]) == (None, None)


def test_ids_are_unique_over_all_projects_and_listed_with_their_seconds(bench: Bench) -> None:
    listed = bench.get("/listmeasurands").json
    assert len({entry["measurandId"] for entry in listed}) == len(listed)
    assert {entry["resolution"] for entry in listed} == {60, 900, 3600}
    assert all(entry["measurandId"].isdigit() for entry in listed)


def test_live_shows_the_value_that_is_held_now(bench: Bench) -> None:
    answer = bench.get("/live?project=cambridge-b071").json
    values = {entry["measurandId"]: entry for entry in answer["values"]}
    assert answer["time"] == "2026-11-22T10:07:30Z"
    assert values["311"]["roundedTimestamp"] == "2026-11-22T10:00:00Z"
    assert values["311"]["value"] == load_replay("cambridge-b071").load_kw(NOW)
    assert "321" not in values


def test_one_who_has_two_projects_sees_two_and_the_others_do_not_exist_for_her(bench: Bench) -> None:
    theirs = {project["projectId"] for project in bench.sign_in("olga")["projects"]}
    assert theirs == {"konstanz-4", "cambridge-b005"}
    listed = {entry["measurandId"][0] for entry in bench.get("/listmeasurands", "olga").json}
    assert listed == {"4", "5"}
    for path in ("getprojectdata?limit=5&id", "measurands?project", "live?project", "prices?project", "co2?project"):
        foreign = bench.get(f"/{path}=monash", "olga")
        unknown = bench.get(f"/{path}=atlantis", "olga")
        assert (foreign.status_code, foreign.json) == (404, {"error": "There is no such project."})
        assert unknown.json == foreign.json


def test_the_edge_account_sees_no_project_and_the_planner_sees_all_as_a_viewer(bench: Bench) -> None:
    assert bench.sign_in("edge")["projects"] == []
    assert bench.get("/live?project=monash", "edge").status_code == 404
    planner = bench.sign_in("planner")["projects"]
    assert [project["projectId"] for project in planner] == list(demo_sites())
    assert {tuple(project["roles"]) for project in planner} == {("viewer",)}


def test_the_roles_of_the_demo_are_all_there(bench: Bench) -> None:
    people = {
        "ada": "analyst",
        "max": "manager",
        "otto": "operator",
        "vera": "viewer",
        "amin": "admin",
        "mia": "manager",
    }
    assert {name: bench.sign_in(name)["projects"][0]["roles"] for name in people} == {
        name: [role] for name, role in people.items()
    }


def test_an_unknown_address_and_a_wrong_method_answer_in_json(bench: Bench) -> None:
    assert bench.client.get("/nowhere").json == {"error": "There is nothing at this address."}
    wrong = bench.client.get("/customers/login")
    assert (wrong.status_code, list(wrong.json)) == (405, ["error"])
    assert bench.get("/measurands").status_code == 422


def test_a_fault_of_our_own_answers_500_without_details(bench: Bench, tmp_path: Path) -> None:
    broken = Bench(tmp_path)
    headers = broken.headers()
    (tmp_path / "archive.sqlite3").write_bytes(b"this is no database")
    answer = broken.client.get("/live?project=monash", headers=headers)
    assert (answer.status_code, answer.json) == (500, {"error": "The server failed on this request."})


def test_a_snapshot_of_the_edge_is_live_for_five_minutes(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    sample = {"measurandId": "121", "time": "2026-11-22T10:07:25Z", "value": 12.5}
    posted = bench.post("/edge/samples", {"project": "monash", "live": True, "samples": [sample]})
    assert posted.status_code == 204
    values = {entry["measurandId"]: entry["value"] for entry in bench.get("/live?project=monash").json["values"]}
    assert values["121"] == 12.5
    assert bench.context.archive.newest("monash", "121") is None
    bench.now += timedelta(minutes=5)
    later = {entry["measurandId"] for entry in bench.get("/live?project=monash").json["values"]}
    assert "121" not in later
