"""`slothbox up`: the card, private files, children that are started again and never left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest
import requests
import yaml

from slothbox.accounts import AccountBook, demo_password
from slothbox.sites import demo_sites
from slothbox.sites_file import sites_text
from slothbox.supervisor import Supervisor
from slothbox.up import connection_card, free_port
from tests.slothbox.edge_bench import QUICK

START_S = 60.0


class FakeProcess:
    """A process that ends when the test says so; a stubborn one ends only when killed."""

    def __init__(self, log: list[str], name: str, stubborn: bool = False) -> None:
        self.log, self.name, self.stubborn, self.code = log, name, stubborn, None

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.log.append(f"terminate {self.name}")
        self.code = None if self.stubborn else 0

    def kill(self) -> None:
        self.log.append(f"kill {self.name}")
        self.code = -9

    def wait(self, timeout: float | None = None) -> int:
        if self.code is None:
            raise subprocess.TimeoutExpired(self.name, timeout or 0)
        return self.code


class Stage:
    """A supervisor on a clock that the test moves."""

    def __init__(self, stubborn: tuple[str, ...] = ()) -> None:
        self.now_s = 0.0
        self.log: list[str] = []
        self.said: list[str] = []
        self.spawned: list[FakeProcess] = []
        self.stubborn = stubborn
        self.supervisor = Supervisor(spawn=self.spawn, monotonic_s=lambda: self.now_s, say=self.said.append)

    def spawn(self, command: Sequence[str]) -> FakeProcess:
        self.spawned.append(FakeProcess(self.log, command[0], command[0] in self.stubborn))
        return self.spawned[-1]

    def at(self, now_s: float) -> int:
        self.now_s = now_s
        self.supervisor.check()
        return len(self.spawned)


def test_a_child_that_dies_is_started_again_later_each_time_and_it_is_said() -> None:
    stage = Stage()
    stage.supervisor.start("the plant", ["plant"])
    stage.spawned[-1].code = 7
    assert [stage.at(0.0), stage.at(0.9), stage.at(1.0)] == [1, 1, 2]
    stage.spawned[-1].code = 7
    assert [stage.at(1.1), stage.at(3.0), stage.at(3.1)] == [2, 2, 3]
    assert stage.said == [
        "the plant ended with 7; starting it again in 1 s",
        "the plant ended with 7; starting it again in 2 s",
    ]


def test_the_wait_is_never_longer_than_half_a_minute_and_short_again_after_a_steady_minute() -> None:
    stage = Stage()
    stage.supervisor.start("the plant", ["plant"])
    now_s = 0.0
    for _ in range(8):
        stage.spawned[-1].code = 1
        stage.at(now_s)
        now_s += 30.0
        stage.at(now_s)
    assert stage.said[-1].endswith("in 30 s")
    stage.spawned[-1].code = 1
    stage.at(now_s + 60.0)
    assert stage.said[-1].endswith("in 1 s")


def test_stopping_ends_the_last_child_first_and_kills_what_does_not_end() -> None:
    stage = Stage(stubborn=("api",))
    stage.supervisor.start("the energy API", ["api"])
    stage.supervisor.start("the plant", ["plant"])
    stage.supervisor.stop()
    assert stage.log == ["terminate plant", "terminate api", "kill api"]


def test_the_card_has_the_service_account_and_one_sign_in_per_person(tmp_path: Path) -> None:
    AccountBook(tmp_path, QUICK).ensure_demo(tuple(demo_sites()))
    card = connection_card(tmp_path, "http://127.0.0.1:1")
    assert [entry["role"] for entry in card["sign_ins"]][:2] == ["analyst", "manager"]
    assert all(entry["password"] == demo_password(tmp_path, entry["email"]) for entry in card["sign_ins"])
    assert card["service_password"] == demo_password(tmp_path, "planner@example.org")
    assert "edge@example.org" not in json.dumps(card)


def test_the_port_of_the_last_start_is_taken_again_unless_it_is_busy() -> None:
    port = free_port(0)
    assert free_port(port) == port
    with socket.create_server(("127.0.0.1", port)):
        assert free_port(port) != port


def test_the_sites_file_describes_every_site_in_the_words_of_the_docs() -> None:
    sites = {entry["project"]: entry for entry in yaml.safe_load(sites_text())["sites"]}
    assert list(sites) == list(demo_sites())
    assert sites["monash"]["battery"]["capacity_kwh"] == 150
    assert sites["monash"]["tariff"][0]["export_factor"] == 1.0
    assert sites["fontana-1"]["tariff"][0]["export_per_kwh"] == 0.05
    assert [array["measurand"] for array in sites["monash"]["arrays"]] == [str(number) for number in range(101, 107)]
    assert {project for project, entry in sites.items() if entry["co2"]} == {
        "fontana-1",
        "cambridge-b071",
        "cambridge-b005",
    }
    assert {project for project, entry in sites.items() if "battery" in entry} == {
        "monash",
        "fontana-1",
        "cambridge-b071",
    }
    assert {project: entry.get("execution") for project, entry in sites.items() if "battery" in entry} == {
        "monash": "value",
        "fontana-1": "value",
        "cambridge-b071": "value",
    }


def start_edge(state_dir: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "slothbox", "up", "--state-dir", str(state_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def edge(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    process = start_edge(tmp_path)
    yield process
    for child in descendants(process.pid) if process.poll() is None else []:
        child.kill()
    process.kill()
    process.wait()


def descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def wait_until(true: Callable[[], bool], limit_s: float = START_S) -> None:
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/capabilities", timeout=2).ok
    except requests.RequestException:
        return False


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def test_one_command_starts_it_all_mends_what_dies_and_leaves_nothing(
    edge: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    assert edge.stdout is not None and edge.stderr is not None
    card = json.loads(edge.stdout.readline())
    assert json.loads((tmp_path / "edge.json").read_text()) == card
    assert (tmp_path / "edge.json").stat().st_mode & 0o777 == 0o600
    assert card["api_url"].startswith("http://127.0.0.1:")
    devices = yaml.safe_load(Path(card["devices_file"]).read_text())["devices"]
    assert {entry["device"]["project"] for entry in devices} == {"monash", "fontana-1", "cambridge-b071"}
    assert len(yaml.safe_load(Path(card["sites_file"]).read_text())["sites"]) == 5

    ada = card["sign_ins"][0]
    body = {"email": ada["email"], "password": ada["password"]}
    token = requests.post(f"{card['api_url']}/customers/login", json=body, timeout=5).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    live = requests.get(f"{card['api_url']}/live?project=monash", headers=headers, timeout=5).json()
    assert "123" in {entry["measurandId"] for entry in live["values"]}
    assert second_start_is_refused(tmp_path)

    family = descendants(edge.pid)
    api = next(child for child in family if "gunicorn" in " ".join(child.cmdline()) and child.ppid() == edge.pid)
    api.kill()
    wait_until(lambda: not answers(card["api_url"]), 10)
    wait_until(lambda: answers(card["api_url"]), 45)
    family += descendants(edge.pid)

    edge.send_signal(signal.SIGTERM)
    assert edge.wait(timeout=30) == 0
    assert gone(family)
    assert not (tmp_path / "edge.json").exists()
    assert "the energy API ended with -9; starting it again in 1 s" in edge.stderr.read()


def second_start_is_refused(state_dir: Path) -> bool:
    second = start_edge(state_dir)
    _, said = second.communicate(timeout=45)
    return second.returncode == 1 and "Another slothbox is running" in said


def test_its_children_die_with_it_even_when_it_is_killed(edge: "subprocess.Popen[str]") -> None:
    wait_until(lambda: len(descendants(edge.pid)) >= 4)  # gunicorn, its worker, the plant, the past
    family = descendants(edge.pid)
    os.kill(edge.pid, signal.SIGKILL)
    edge.wait()
    wait_until(lambda: gone(family), 20)
