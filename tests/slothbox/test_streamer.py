"""The streamer: what it reads is what it posts, and neither a dead API nor a silent plant stops it."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slothbox.edge_client import ApiAway, ApiRefused, EdgeClient
from slothbox.minutes import MinuteMeans
from slothbox.outbox import Outbox
from slothbox.plant.registers import Unit
from slothbox.plant_reader import PlantReader, PlantSilent, Reading
from slothbox.sites import demo_sites, site
from slothbox.streamer import PlantPoller, Publisher, run_streamer, samples_body, send_until
from tests.slothbox.plant_bench import Bench, client, served, words

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class FakeApi:
    """Keeps what it is posted; can be away or refuse."""

    posts: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    away: bool = False
    refuses: bool = False

    def post(self, path: str, body: Mapping[str, object]) -> None:
        if self.away:
            raise ApiAway("refused")
        if self.refuses:
            raise ApiRefused("422")
        self.posts.append((path, dict(body)))

    def bodies(self, *, live: bool) -> list[dict[str, object]]:
        return [body for _, body in self.posts if bool(body.get("live")) is live]


@dataclass
class FakeReader:
    """A plant that says what the test wants."""

    reading: Reading = field(default_factory=lambda: {"P_ESS_charge": 0.0, "P_ESS_discharge": 6.0, "SOC": 50.0})
    silent: bool = False

    def read(self) -> Reading:
        if self.silent:
            raise PlantSilent("no answer")
        return self.reading


@dataclass
class Field:
    """The streamer's parts on a fake clock."""

    now: datetime = NOON
    api: FakeApi = field(default_factory=FakeApi)
    plant: FakeReader = field(default_factory=FakeReader)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.api.post, self.said.append, longest=3)
        self.poller = PlantPoller({"monash": self.plant}, self.outbox, lambda: self.now, self.said.append)

    def run_s(self, seconds: int) -> None:
        for _ in range(seconds // 5):
            self.poller.poll()
            self.outbox.flush()
            self.now += timedelta(seconds=5)


def test_a_snapshot_goes_out_with_every_poll_and_the_means_after_each_minute() -> None:
    streaming = Field()
    streaming.run_s(60)
    assert len(streaming.api.bodies(live=True)) == 12
    assert streaming.api.bodies(live=False) == []
    streaming.plant.reading = {"P_ESS_charge": 3.0, "P_ESS_discharge": 0.0, "SOC": 51.0}
    streaming.run_s(5)
    (means,) = streaming.api.bodies(live=False)
    samples = {sample["measurandId"]: sample for sample in means["samples"]}  # type: ignore[union-attr]
    discharge = samples[site("monash").measurand("P_ESS_discharge").measurand_id]
    assert discharge == {"measurandId": "122", "time": "2026-11-20T12:00:00+00:00", "value": 6.0}


def test_the_mean_of_a_minute_is_the_mean_of_its_readings() -> None:
    means = MinuteMeans()
    for second in range(0, 60, 5):
        assert means.add(NOON + timedelta(seconds=second), {"P_ESS_charge": float(second)}) is None
    assert means.add(NOON + timedelta(seconds=60), {"P_ESS_charge": 0.0}) == (NOON, {"P_ESS_charge": 27.5})


def test_a_minute_with_few_readings_has_no_mean() -> None:
    means = MinuteMeans()
    for second in range(0, 25, 5):
        means.add(NOON + timedelta(seconds=second), {"SOC": 50.0})
    assert means.add(NOON + timedelta(minutes=1), {"SOC": 50.0}) is None


def test_what_waits_during_an_outage_is_sent_in_order_afterwards_and_both_are_said_once() -> None:
    streaming = Field()
    streaming.api.away = True
    streaming.run_s(130)
    assert streaming.api.posts == []
    streaming.api.away = False
    streaming.run_s(5)
    starts = [body["samples"][0]["time"] for body in streaming.api.bodies(live=False)]  # type: ignore[index]
    assert starts == ["2026-11-20T12:00:00+00:00", "2026-11-20T12:01:00+00:00"]
    assert len(streaming.api.bodies(live=True)) == 1
    assert [("cannot reach" in line, "is back" in line) for line in streaming.said] == [(True, False), (False, True)]


def test_a_full_queue_drops_the_oldest_and_says_how_many() -> None:
    streaming = Field()
    streaming.api.away = True
    for number in range(5):
        streaming.outbox.put({"number": number})
    assert len(streaming.outbox) == 3
    streaming.outbox.flush()
    streaming.api.away = False
    streaming.outbox.flush()
    assert [body["number"] for body in streaming.api.bodies(live=False)] == [2, 3, 4]
    assert "2 lost" in streaming.said[-1]


def test_a_refused_post_is_dropped_with_a_word_and_the_rest_goes_on() -> None:
    streaming = Field()
    streaming.api.refuses = True
    streaming.outbox.put({"number": 1})
    assert streaming.outbox.flush()
    assert "dropped" in streaming.said[0]
    assert len(streaming.outbox) == 0


def test_a_silent_plant_leaves_a_gap_and_is_said_once_each_way() -> None:
    streaming = Field()
    streaming.plant.silent = True
    streaming.run_s(20)
    assert streaming.api.posts == []
    streaming.plant.silent = False
    streaming.run_s(10)
    assert len(streaming.said) == 2
    assert "does not answer" in streaming.said[0]
    assert "answers again" in streaming.said[1]


def test_a_reading_is_what_the_registers_say() -> None:
    bench = Bench()
    with served(bench.plant()) as server:
        reader = PlantReader(lambda: ("127.0.0.1", server.port))
        with client(server, unit=1) as wire:
            wire.write_multiple_registers(10, [*words(-36_000), 1])
        bench.clock.pass_s(100)
        assert reader.read() == {
            "P_ESS_charge": 36.0,
            "P_ESS_discharge": 0.0,
            "P_PEG_import": 56.0,
            "P_PEG_export": 0.0,
            "SOC": 51.0,
        }
        reader.close()


def test_what_the_plant_does_not_know_is_left_out_of_a_reading() -> None:
    bench = Bench()
    bench.measured.load = None
    plant = bench.plant()
    plant.faults.soc_unknown = True
    with served(plant) as server:
        reader = PlantReader(lambda: ("127.0.0.1", server.port))
        assert reader.read() == {"P_ESS_charge": 0.0, "P_ESS_discharge": 0.0}
        reader.close()


def test_a_plant_that_is_gone_is_silent_and_is_found_again_at_its_new_port() -> None:
    bench, ports = Bench(), [1]
    reader = PlantReader(lambda: ("127.0.0.1", ports[0]))
    with pytest.raises(PlantSilent, match="nothing listens"):
        reader.read()
    with served(bench.plant()) as server:
        ports[0] = server.port
        assert reader.read()["SOC"] == 50.0
        reader.close()


def test_a_read_that_the_plant_refuses_is_no_reading() -> None:
    bench = Bench()
    plant = bench.plant()
    with served(plant) as server:
        reader = PlantReader(lambda: ("127.0.0.1", server.port))
        plant.faults.mute = True
        with pytest.raises(PlantSilent):
            reader.read()
        reader.close()
    assert plant.inputs(Unit.BATTERY)[2] == 500


def test_publications_go_out_once_and_again_only_when_something_is_new(tmp_path: Path) -> None:
    streaming = Field()
    only = {"monash": demo_sites()["monash"]}

    def publisher() -> Publisher:
        return Publisher(streaming.outbox, lambda: streaming.now, tmp_path / "memory.json", only)

    first = publisher()
    first.publish()
    posted = len(streaming.api.posts)
    assert posted > 0
    streaming.now += timedelta(minutes=10)
    first.publish()
    publisher().publish()
    assert len(streaming.api.posts) == posted
    streaming.now += timedelta(minutes=20)
    first.publish()
    (_, newest) = streaming.api.posts[-1]
    assert (len(streaming.api.posts), newest["start"]) == (posted + 1, "2026-11-20T12:00:00+00:00")


def test_a_publication_that_could_not_be_sent_is_sent_later(tmp_path: Path) -> None:
    streaming = Field()
    publisher = Publisher(
        streaming.outbox, lambda: streaming.now, tmp_path / "memory.json", {"monash": demo_sites()["monash"]}
    )
    streaming.api.away = True
    with pytest.raises(ApiAway):
        publisher.publish()
    streaming.api.away = False
    publisher.publish()
    assert streaming.api.posts[0][0] == "/edge/published"


def test_a_body_names_measurands_by_their_ids() -> None:
    body = samples_body("fontana-1", NOON, {"SOC": 42.0})
    assert body == {
        "project": "fontana-1",
        "samples": [{"measurandId": "223", "time": "2026-11-20T12:00:00+00:00", "value": 42.0}],
    }


def test_without_an_edge_account_the_streamer_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_streamer(tmp_path, "http://127.0.0.1:9") == 2
    assert "edge@example.org" in capsys.readouterr().err


class Running:
    """A publisher that lets the streamer run once and then stops it, or fails."""

    def __init__(self, stop: threading.Event, failure: Exception | None = None) -> None:
        self.stop, self.failure = stop, failure

    def publish(self) -> None:
        self.stop.set()
        if self.failure:
            raise self.failure


def test_the_streamer_is_ready_when_everything_so_far_was_sent(tmp_path: Path) -> None:
    stop, polled, ready = threading.Event(), threading.Event(), tmp_path / "ready"
    polled.set()
    send_until(stop, polled, Field().outbox, Running(stop), ready)
    assert ready.exists()


def test_an_api_that_is_away_keeps_the_streamer_from_being_ready(tmp_path: Path) -> None:
    stop, polled, ready = threading.Event(), threading.Event(), tmp_path / "ready"
    polled.set()
    send_until(stop, polled, Field().outbox, Running(stop, ApiAway("refused")), ready)
    assert not ready.exists()


def test_a_fault_of_our_own_while_sending_stops_the_polling(tmp_path: Path) -> None:
    stop, polled = threading.Event(), threading.Event()
    polled.set()
    with pytest.raises(KeyError):
        send_until(stop, polled, Field().outbox, Running(threading.Event(), KeyError("ours")), tmp_path / "ready")
    assert stop.is_set()


@dataclass
class StubServer:
    """An API of three answers: sign-in, posts that need a token, and faults on request."""

    url: str
    valid_token: str = "t1"
    status: int = 204
    sign_in_status: int = 200
    sign_ins: int = 0
    bodies: list[object] = field(default_factory=list)


@pytest.fixture
def stub() -> Iterator[StubServer]:
    state = StubServer(url="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/customers/login":
                state.sign_ins += 1
                self._answer(state.sign_in_status, json.dumps({"access_token": state.valid_token}).encode())
            elif self.headers.get("Authorization") != f"Bearer {state.valid_token}":
                self._answer(401, b"{}")
            else:
                state.bodies.append(body)
                self._answer(state.status, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_the_edge_signs_in_once_and_again_when_its_token_has_run_out(stub: StubServer) -> None:
    edge = EdgeClient(stub.url, "edge@example.org", "secret")
    edge.post("/edge/samples", {"n": 1})
    edge.post("/edge/samples", {"n": 2})
    assert stub.sign_ins == 1
    stub.valid_token = "t2"
    edge.post("/edge/samples", {"n": 3})
    assert stub.sign_ins == 2
    assert stub.bodies == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize(("status", "error"), [(500, ApiAway), (503, ApiAway), (429, ApiAway), (422, ApiRefused)])
def test_a_fault_of_the_server_is_away_and_a_fault_of_the_post_is_refused(
    stub: StubServer, status: int, error: type[Exception]
) -> None:
    edge = EdgeClient(stub.url, "edge@example.org", "secret")
    stub.status = status
    with pytest.raises(error):
        edge.post("/edge/samples", {})


@pytest.mark.parametrize("status", [401, 400, 429, 500])
def test_without_a_sign_in_nothing_is_dropped(stub: StubServer, status: int) -> None:
    stub.sign_in_status = status
    with pytest.raises(ApiAway, match=str(status)):
        EdgeClient(stub.url, "edge@example.org", "secret").post("/edge/samples", {})


def test_an_api_that_is_not_there_is_away() -> None:
    with pytest.raises(ApiAway):
        EdgeClient("http://127.0.0.1:1", "edge@example.org", "secret").post("/edge/samples", {})
