"""SlothBox in the field: polls the plants over Modbus, takes what is published, and posts both to the energy API.

Every 5 s a snapshot of each plant (`live`), every minute the means of the minute, and prices, CO2 and weather when
they are published. An outage of the API or of a plant is said on stderr and survived.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from slothbox.accounts import EDGE_EMAIL, demo_password
from slothbox.clock import Clock, shifted_clock
from slothbox.edge_client import ApiAway, EdgeClient
from slothbox.files import read_json, write_private_json
from slothbox.market import known_until, publications
from slothbox.minutes import MinuteMeans
from slothbox.outbox import Outbox, Say
from slothbox.plant_reader import Address, PlantReader, PlantSilent, Reading
from slothbox.sites import DemoSite, controllable_sites, demo_sites

POLL_S = 5.0
PUBLISH_EVERY = timedelta(seconds=30)
PUBLISHED_PATH = "/edge/published"
PLANT_CARD, MEMORY_NAME, READY_NAME = "plant.json", "streamer.json", "streamer.ready"


class Reader(Protocol):
    """Something that can be asked for a plant's present values."""

    def read(self) -> Reading:
        """Return values by measurand code; PlantSilent when there are none."""


class Publishes(Protocol):
    """Something that posts what was published."""

    def publish(self) -> None:
        """Post it; ApiAway leaves the rest for the next time."""


class PlantPoller:
    """Reads every plant and hands its values to the outbox."""

    def __init__(self, readers: Mapping[str, Reader], outbox: Outbox, clock: Clock, say: Say) -> None:
        """Poll `readers` by project id."""
        self._readers, self._outbox, self._clock, self._say = readers, outbox, clock, say
        self._means = {project: MinuteMeans() for project in readers}
        self._silent: set[str] = set()

    def poll(self) -> None:
        """Read each plant once; a silent plant leaves a gap."""
        for project, reader in self._readers.items():
            try:
                reading = reader.read()
            except PlantSilent as problem:
                self._note_silent(project, problem)
                continue
            if project in self._silent:
                self._silent.discard(project)
                self._say(f"the plant of {project} answers again")
            self._take(project, reading, self._clock())

    def _take(self, project: str, reading: Reading, moment: datetime) -> None:
        self._outbox.put_live(project, samples_body(project, moment, reading) | {"live": True})
        ended = self._means[project].add(moment, reading)
        if ended is not None:
            self._outbox.put(samples_body(project, *ended))

    def _note_silent(self, project: str, problem: PlantSilent) -> None:
        if project not in self._silent:
            self._say(f"the plant of {project} does not answer: {problem}")
        self._silent.add(project)


class Publisher:
    """Posts what was published since the last time; remembers in the state folder how far it came."""

    def __init__(self, outbox: Outbox, clock: Clock, memory: Path, sites: Mapping[str, DemoSite]) -> None:
        """Publish for `sites`; `memory` is a small JSON file."""
        self._outbox, self._clock, self._memory, self._sites = outbox, clock, memory, sites
        self._known: dict[str, str] = read_json(memory) or {}
        self._next: datetime | None = None

    def publish(self) -> None:
        """Post everything that became known; ApiAway leaves the rest for the next time."""
        now = self._clock()
        if self._next is not None and now < self._next:
            return
        for site in self._sites.values():
            self._publish_site(site, now)
        self._next = now + PUBLISH_EVERY

    def _publish_site(self, site: DemoSite, now: datetime) -> None:
        for spec in site.markets:
            key = f"{site.project_id}/{spec.kind.value}"
            since = datetime.fromisoformat(self._known[key]) if key in self._known else None
            until = known_until(site, spec, now)
            if since is not None and since >= until:
                continue
            for piece in publications(site, spec, since, now):
                self._outbox.send(PUBLISHED_PATH, piece.body())
            self._known[key] = until.isoformat()
            write_private_json(self._memory, self._known)


def samples_body(project: str, moment: datetime, reading: Reading) -> dict[str, object]:
    """Return a reading as `POST /edge/samples` wants it."""
    site = demo_sites()[project]
    samples = [
        {"measurandId": site.measurand(code).measurand_id, "time": moment.isoformat(), "value": value}
        for code, value in reading.items()
    ]
    return {"project": project, "samples": samples}


def run_streamer(state_dir: Path, api_url: str, *, clock_offset_s: float = 0.0) -> int:
    """Stream until SIGINT or SIGTERM.

    Needs the accounts and (sooner or later) `plant.json` in `state_dir`; writes `streamer.ready` there when the first
    values and everything published so far have reached the API. Returns 0 when it was asked to stop, 1 when sending
    failed for a reason of our own (the traceback is on stderr), 2 when there is no edge account.
    """
    password = demo_password(state_dir, EDGE_EMAIL)
    if password is None:
        say(f"{state_dir} holds no password for {EDGE_EMAIL}; start the edge with `slothbox up`")
        return 2
    clock = shifted_clock(clock_offset_s)
    outbox = Outbox(EdgeClient(api_url, EDGE_EMAIL, password).post, say)
    readers = {site.project_id: PlantReader(_address_of(state_dir, site.project_id)) for site in controllable_sites()}
    poller = PlantPoller(readers, outbox, clock, say)
    publisher = Publisher(outbox, clock, state_dir / MEMORY_NAME, demo_sites())
    asked = _stream(poller, outbox, publisher, state_dir / READY_NAME)
    for reader in readers.values():
        reader.close()
    return 0 if asked else 1


def say(sentence: str) -> None:
    """Tell people on stderr."""
    sys.stderr.write(f"streamer: {sentence}\n")
    sys.stderr.flush()


def _stream(poller: PlantPoller, outbox: Outbox, publisher: Publishes, ready: Path) -> bool:
    """Poll on this thread and send on another, so that a slow API never delays a reading.

    Return whether a signal ended it; otherwise the sender did.
    """
    stop, polled, asked = threading.Event(), threading.Event(), threading.Event()

    def end(_signal: int, _frame: object) -> None:
        asked.set()
        stop.set()

    for received in (signal.SIGINT, signal.SIGTERM):
        signal.signal(received, end)
    ready.unlink(missing_ok=True)
    sender = threading.Thread(target=send_until, args=(stop, polled, outbox, publisher, ready), daemon=True)
    sender.start()
    due_s = time.monotonic()
    while not stop.is_set():
        poller.poll()
        polled.set()
        due_s = max(due_s + POLL_S, time.monotonic())
        stop.wait(due_s - time.monotonic())
    polled.set()
    sender.join(timeout=POLL_S)
    ready.unlink(missing_ok=True)
    return asked.is_set()


def send_until(
    stop: threading.Event, polled: threading.Event, outbox: Outbox, publisher: Publishes, ready: Path
) -> None:
    """Send after every poll until `stop`; whatever ends the sending otherwise ends the polling, too."""
    try:
        while not stop.is_set():
            polled.wait(POLL_S)
            polled.clear()
            if outbox.flush() and _published(publisher) and not ready.exists():
                ready.touch(mode=0o600)
    finally:
        stop.set()


def _published(publisher: Publishes) -> bool:
    try:
        publisher.publish()
    except ApiAway as problem:
        say(f"could not publish ({problem}); trying again")
        return False
    return True


def _address_of(state_dir: Path, project: str) -> Callable[[], Address]:
    def address() -> Address:
        entry = (read_json(state_dir / PLANT_CARD) or {}).get(project)
        if entry is None:
            raise OSError(f"{state_dir / PLANT_CARD} does not name {project}")
        return str(entry["host"]), int(entry["port"])

    return address
