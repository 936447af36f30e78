"""Starting, stopping and refusing: the commands as a person at a terminal meets them."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.demo import Demo, running_demo, signed_in
from tests.e2e.own_api import OwnApi
from tests.e2e.processes import eventually, processes_of, words_of

pytestmark = pytest.mark.e2e

LOOPBACK = {"127.0.0.1", "::1"}
GONE_WITHIN_S = 15
OURS = re.compile(
    r"^(ENERGY_|SITES_|DEVICES_|STATE_|HOST$|PORT$|SECRET_|PUBLIC_|DATABASE_|REDIS_|LOG_LEVEL$|DEV_PAGES$)"
)
LONG_KEY = "k" * 32
PRODUCTION = {
    "HOST": "0.0.0.0",
    "SECRET_KEY": LONG_KEY,
    "ENERGY_API_URL": "http://127.0.0.1:9",
    "PUBLIC_URL": "https://energy.example.org",
}
REFUSED = {
    "a generated key": {**PRODUCTION, "SECRET_KEY": ""},
    "a short key": {**PRODUCTION, "SECRET_KEY": "k" * 31},
    "demo accounts": {**PRODUCTION, "ENERGY_API_URL": ""},
    "debug output": {**PRODUCTION, "LOG_LEVEL": "DEBUG"},
    "development pages": {**PRODUCTION, "DEV_PAGES": "true"},
    "no public address": {**PRODUCTION, "PUBLIC_URL": ""},
    "a public address without TLS": {**PRODUCTION, "PUBLIC_URL": "http://energy.example.org"},
    "another database": {"DATABASE_URL": "postgresql://localhost/plans"},
    "a broker": {"REDIS_URL": "redis://localhost"},
}
NAMED = {
    "a generated key": "SECRET_KEY",
    "a short key": "SECRET_KEY",
    "demo accounts": "demo accounts",
    "debug output": "LOG_LEVEL",
    "development pages": "DEV_PAGES",
    "no public address": "PUBLIC_URL",
    "a public address without TLS": "PUBLIC_URL",
    "another database": "DATABASE_URL",
    "a broker": "REDIS_URL",
}


def command(state_dir: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    return subprocess.run(
        [sys.executable, "-m", "dash_app", *words],
        env={**clean, "STATE_DIR": str(state_dir), "PORT": "0", **env},
        cwd=state_dir,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("what", REFUSED)
def test_what_must_not_be_reached_from_outside_is_refused_with_one_sentence(what: str, tmp_path: Path) -> None:
    done = command(tmp_path, "run", **REFUSED[what])
    assert done.returncode == 1
    assert re.fullmatch(r"energy-dashboard: [A-Z][^\n]*[a-zA-Z_/]\.\n", done.stderr), done.stderr
    assert ". " not in done.stderr
    assert NAMED[what] in done.stderr
    assert done.stdout == ""
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["SIGINT", "SIGTERM", "SIGKILL"])
def test_whatever_ends_it_no_process_is_left(asked: signal.Signals, stopped_state_dir: Path) -> None:
    with running_demo(stopped_state_dir) as running:
        names = " ".join(map(words_of, processes_of(stopped_state_dir)))
        for part in ("slothbox up", "slothbox.api.server", "slothbox plant", "slothbox streamer", "dash_app.server"):
            assert part in names
        code = running.stop(asked)
    assert code == (-signal.SIGKILL if asked is signal.SIGKILL else 0)
    still = eventually(lambda: not processes_of(stopped_state_dir), within_s=GONE_WITHIN_S)
    assert still, [words_of(process) for process in processes_of(stopped_state_dir)]
    assert "Traceback" not in (stopped_state_dir / "stderr.log").read_text()


@pytest.fixture(scope="module")
def stopped_state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one STATE_DIR for several starts: each must find what the one before left, however that ended."""
    return tmp_path_factory.mktemp("stopped")


def test_the_doctor_finds_nothing_wrong_with_the_running_demo(demo: Demo) -> None:
    done = command(demo.state_dir, "doctor")
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.startswith("ok ")] == []
    assert len(lines) == 6 and "monash-ess1" in lines[-1]
    assert (done.returncode, done.stderr) == (0, "")


def test_every_file_that_holds_a_secret_is_for_this_user_only(demo: Demo) -> None:
    told = [hint["password"] for hint in demo.card["sign_ins"]]
    key = (demo.state_dir / "secret_key").read_text()
    secrets = [secret.encode() for secret in (key, demo.card["service_password"], *told)]
    files = [path for path in demo.state_dir.rglob("*") if path.is_file()]
    holding = {path for path in files if any(secret in path.read_bytes() for secret in secrets)}
    assert {"secret_key", "edge.json", "passwords.json"} <= {path.name for path in holding}
    stored = {path for path in files if path.name in {"accounts.json", "plans.sqlite"} or "jwt" in path.name}
    assert len(stored) >= 3
    assert {
        str(path): oct(mode) for path in holding | stored if (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077
    } == {}


def test_nothing_listens_but_on_loopback(demo: Demo) -> None:
    processes = processes_of(demo.state_dir)
    sockets = [(words_of(one), found) for one in processes for found in one.net_connections("tcp")]
    listening = {(found.laddr.ip, found.laddr.port) for _words, found in sockets if found.status == psutil.CONN_LISTEN}
    assert len(listening) >= 5, "the app, the API and three plants"
    assert {ip for ip, _port in listening} <= LOOPBACK


def test_a_busy_port_gives_way_to_the_next_one_and_that_is_said(own: OwnApi) -> None:
    port = urlsplit(own.app.url).port
    assert port is not None and own.wanted_port < port <= own.wanted_port + 50
    said = (own.app.state_dir / "stderr.log").read_text()
    assert f"Port {own.wanted_port} is busy; using {port}.\n" in said


def test_against_ones_own_server_nothing_of_the_demo_is_started(own: OwnApi) -> None:
    names = [words_of(process) for process in processes_of(own.app.state_dir)]
    assert any("dash_app.server" in name for name in names)
    assert [name for name in names if "slothbox" in name] == []
    assert not (own.app.state_dir / "edge").exists()
    assert not any("@" in line for line in own.app.lines), "no sign-in of the demo is told"


def test_without_a_service_account_the_clock_is_off_and_that_is_said_once(own: OwnApi) -> None:
    said = (own.app.state_dir / "stderr.log").read_text()
    assert said.count("ENERGY_API_USER") == 1
    assert "restarting" not in said
    with sqlite3.connect(f"file:{own.app.state_dir / 'plans.sqlite'}?mode=ro", uri=True) as store:
        last_words = store.execute("select detail from heartbeats where name = 'planner'").fetchone()
    assert last_words == ("off: ENERGY_API_USER is not set",), "the status page shows it"


def test_without_devices_a_person_can_sign_in_and_is_told_why_control_is_off(
    own: OwnApi, demo: Demo, browser: Browser
) -> None:
    context = browser.new_context()
    page = signed_in(context, own.app, demo.sign_in_of("manager"))
    expect(page.locator(".sb-row")).to_have_count(5)
    expect(page.locator(".sb-banner")).not_to_contain_text("Demo")
    page.goto(f"{own.app.url}/p/monash/live")
    expect(page.locator("main")).to_contain_text("Control is off: DEVICES_FILE names no device for this battery.")
    context.close()
