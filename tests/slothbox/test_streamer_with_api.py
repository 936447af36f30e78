"""Plant, streamer and API together, each on its own side of a real wire."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from argon2 import PasswordHasher
from werkzeug.serving import make_server

from slothbox.accounts import EDGE_EMAIL, AccountBook, demo_password
from slothbox.api.app import create_api
from slothbox.api.context import build_context
from slothbox.edge_client import EdgeClient
from slothbox.outbox import Outbox
from slothbox.plant.process import plant_site
from slothbox.plant_reader import PlantReader
from slothbox.sites import demo_sites, site
from slothbox.streamer import PlantPoller, Publisher
from tests.slothbox.plant_bench import Bench, client, served, words

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Edge:
    """A real API on loopback whose clock the test moves."""

    def __init__(self, state_dir: Path) -> None:
        self.now, self.state_dir, self.said = NOON, state_dir, list[str]()
        AccountBook(state_dir, QUICK).ensure_demo(tuple(demo_sites()))
        api = create_api(build_context(state_dir, lambda: self.now, hasher=QUICK))
        self.server = make_server("127.0.0.1", 0, api, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def get(self, path: str, **parameters: str) -> object:
        sign_in = {"email": "ada@example.org", "password": demo_password(self.state_dir, "ada@example.org")}
        token = requests.post(f"{self.url}/customers/login", json=sign_in, timeout=5).json()["access_token"]
        answer = requests.get(
            self.url + path, params=parameters, headers={"Authorization": f"Bearer {token}"}, timeout=5
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def outbox(self) -> Outbox:
        password = demo_password(self.state_dir, EDGE_EMAIL)
        assert password is not None
        return Outbox(EdgeClient(self.url, EDGE_EMAIL, password).post, self.said.append)


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    running = Edge(tmp_path)
    thread = threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield running
    running.server.shutdown()
    thread.join(5)
    running.server.server_close()


def test_a_set_point_written_to_the_plant_shows_in_the_api(edge: Edge) -> None:
    bench, campus = Bench(), site("monash")
    outbox = edge.outbox()
    with served(bench.plant(site=plant_site(campus))) as server, client(server, unit=1) as wire:
        reader = PlantReader(lambda: ("127.0.0.1", server.port))
        poller = PlantPoller({"monash": reader}, outbox, lambda: edge.now, edge.said.append)
        wire.write_multiple_registers(10, [*words(-15_000), 1])
        bench.clock.pass_s(1)
        for _ in range(13):
            poller.poll()
            bench.clock.pass_s(5)
            edge.now += timedelta(seconds=5)
        assert outbox.flush()
        reader.close()
    assert edge.said == []
    charge_id = campus.measurand("P_ESS_charge").measurand_id
    live = edge.get("/live", project="monash")
    assert isinstance(live, dict)
    assert {entry["measurandId"]: entry["value"] for entry in live["values"]}[charge_id] == 15.0
    (answer,) = edge.get(  # type: ignore[misc]
        "/getprojectdata", id="monash", measurands=charge_id, format="columns", **{"from": NOON.isoformat()}
    )
    assert answer["series"][0]["values"] == [15.0]


def test_the_api_tells_what_was_published_and_nothing_ahead_of_it(edge: Edge, tmp_path: Path) -> None:
    Publisher(edge.outbox(), lambda: edge.now, tmp_path / "memory.json", demo_sites()).publish()
    assert edge.said == []
    window = {"from": (NOON - timedelta(days=2)).isoformat(), "to": (NOON + timedelta(days=30)).isoformat()}
    last_known = {
        (project, kind): end_of(edge.get(f"/{kind}", project=project, **window))
        for project, kind in (
            ("cambridge-b071", "prices"),
            ("cambridge-b071", "co2"),
            ("cambridge-b005", "weather"),
            ("monash", "prices"),
            ("fontana-1", "prices"),
        )
    }
    assert last_known == {
        ("cambridge-b071", "prices"): datetime(2026, 11, 21, tzinfo=UTC),
        ("cambridge-b071", "co2"): NOON,
        ("cambridge-b005", "weather"): NOON,
        ("monash", "prices"): NOON,
        ("fontana-1", "prices"): datetime(2026, 12, 5, 8, tzinfo=UTC),
    }


def end_of(answer: object) -> datetime:
    """Return the end of the last step of an answer."""
    assert isinstance(answer, dict)
    values = answer.get("values") or next(iter(answer["series"].values()))
    return datetime.fromisoformat(answer["start"]) + timedelta(seconds=answer["step_s"] * len(values))
