"""`slothbox up`: starts the three processes, waits until they answer, writes the connection card, keeps them alive."""

import fcntl
import http.client
import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from slothbox.accounts import SERVICE_EMAIL, AccountBook, Kind, demo_accounts, demo_password
from slothbox.files import make_private_folder, read_json, write_private, write_private_json
from slothbox.sites import demo_sites
from slothbox.sites_file import sites_text
from slothbox.supervisor import Supervisor, spawn_bound, system_supervisor

HOST = "127.0.0.1"
CARD_FILE, SITES_FILE, DEVICES_FILE = "edge.json", "sites.yaml", "devices.yaml"
PLANT_FILE, STREAMER_FILE, PORT_FILE, LOCK_FILE = "plant.json", "streamer.ready", "api-port.json", "up.lock"
START_LIMIT_S = 90.0
LOOK_EVERY_S = 0.2
API_THREADS = 8


class StartFailed(Exception):
    """The edge could not be started; the sentence says what was missing."""


def run_up(state_dir: Path, *, clock_offset_s: float = 0.0) -> int:
    """Run the edge until SIGINT or SIGTERM; 0 after a clean stop, 1 when it could not start."""
    stop = _stop_event()
    make_private_folder(state_dir)
    try:
        with _only_one(state_dir):
            return _run(state_dir, clock_offset_s, stop)
    except StartFailed as failure:
        _say(str(failure))
        return 1


def connection_card(state_dir: Path, api_url: str) -> dict[str, object]:
    """Return what the app needs to know: addresses, files, the service account and the people's sign-ins."""
    people = [entry for entry in demo_accounts(tuple(demo_sites())) if entry.kind is Kind.PERSON]
    sign_ins = [
        {"role": entry.role, "email": entry.email, "password": password}
        for entry in people
        if (password := demo_password(state_dir, entry.email)) is not None
    ]
    return {
        "api_url": api_url,
        "sites_file": str(state_dir / SITES_FILE),
        "devices_file": str(state_dir / DEVICES_FILE),
        "service_user": SERVICE_EMAIL,
        "service_password": demo_password(state_dir, SERVICE_EMAIL),
        "sign_ins": sign_ins,
    }


def free_port(preferred: int) -> int:
    """Return `preferred` when nothing listens there, otherwise any free port of the loopback interface."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StartFailed("There is no free port on the loopback interface.")


def _run(state_dir: Path, clock_offset_s: float, stop: threading.Event) -> int:
    for stale in (CARD_FILE, PLANT_FILE, STREAMER_FILE):
        (state_dir / stale).unlink(missing_ok=True)
    AccountBook(state_dir).ensure_demo(tuple(demo_sites()))
    write_private(state_dir / SITES_FILE, sites_text())
    port = _api_port(state_dir)
    children = system_supervisor(_say)
    try:
        _start_all(children, state_dir, port, clock_offset_s, stop)
        if not stop.is_set():
            _show_card(state_dir, port)
        while not stop.wait(LOOK_EVERY_S):
            children.check()
    finally:
        (state_dir / CARD_FILE).unlink(missing_ok=True)
        children.stop()
    return 0


def _start_all(children: Supervisor, state_dir: Path, port: int, clock_offset_s: float, stop: threading.Event) -> None:
    """Start API and plant beside the batteries' past; the streamer last, so that it adds to a complete past."""
    own = [sys.executable, "-m", "slothbox"]
    common = ["--state-dir", str(state_dir), "--clock-offset", str(clock_offset_s)]
    past = spawn_bound([*own, "past", *common])
    children.start("the energy API", _api_command(state_dir, port, clock_offset_s))
    children.start("the plant", [*own, "plant", *common])
    try:
        _wait_for("the batteries' past", lambda: past.poll() is not None, children, stop)
    finally:
        past.kill()
        code = past.wait()
    if code and not stop.is_set():
        raise StartFailed(f"The simulated batteries' past could not be computed (it ended with {code}).")
    _wait_for("the energy API", lambda: _answers(port), children, stop)
    _wait_for("the plant", (state_dir / PLANT_FILE).exists, children, stop)
    if not stop.is_set():
        children.start("the streamer", [*own, "streamer", *common, "--api-url", _url(port)])
        _wait_for("the streamer", (state_dir / STREAMER_FILE).exists, children, stop)


def _api_command(state_dir: Path, port: int, clock_offset_s: float) -> list[str]:
    application = f"slothbox.api.server:serve({str(state_dir)!r}, {clock_offset_s!r})"
    options = {"--bind": f"{HOST}:{port}", "--workers": "1", "--threads": str(API_THREADS), "--worker-class": "gthread"}
    limits = {"--timeout": "60", "--graceful-timeout": "3", "--log-level": "warning"}
    flat = [part for pair in (options | limits).items() for part in pair]
    return [sys.executable, "-m", "gunicorn", *flat, "--no-control-socket", application]


def _wait_for(what: str, ready: Callable[[], bool], children: Supervisor, stop: threading.Event) -> None:
    deadline_s = time.monotonic() + START_LIMIT_S
    while not stop.is_set() and not ready():
        children.check()
        if time.monotonic() > deadline_s:
            raise StartFailed(f"Not ready after {START_LIMIT_S:.0f} s: {what}.")
        stop.wait(LOOK_EVERY_S / 2)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/capabilities")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _show_card(state_dir: Path, port: int) -> None:
    card = connection_card(state_dir, _url(port))
    write_private_json(state_dir / CARD_FILE, card)
    sys.stdout.write(json.dumps(card) + "\n")
    sys.stdout.flush()


def _api_port(state_dir: Path) -> int:
    """Take the port of the last start again when it is free, so that a restart keeps its address."""
    port = free_port((read_json(state_dir / PORT_FILE) or {}).get("port", 0))
    write_private_json(state_dir / PORT_FILE, {"port": port})
    return port


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"


@contextmanager
def _only_one(state_dir: Path) -> Iterator[None]:
    with (state_dir / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StartFailed(f"Another slothbox is running in {state_dir}.") from error
        yield


def _stop_event() -> threading.Event:
    stop = threading.Event()
    for received in (signal.SIGINT, signal.SIGTERM):
        signal.signal(received, lambda *_: stop.set())
    return stop


def _say(sentence: str) -> None:
    sys.stderr.write(f"slothbox: {sentence}\n")
    sys.stderr.flush()
