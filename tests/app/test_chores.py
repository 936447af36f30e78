"""Chores beside planning: each when it is due, by one process, and a failing one does not stop the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from dash_app.chore_wiring import check_notices, notice_ports
from dash_app.chores import LEASE, Chore, Chores, run_chores
from dash_app.domain.errors import ConfigError, StoreUnavailable
from dash_app.domain.notices import Channel
from dash_app.setting_facts import setting_facts
from dash_app.settings import Settings
from services.sites import NoSites
from services.store import open_store
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import NOON
from tests.fakes.store import FakeStore

MINUTE = timedelta(minutes=1)


@dataclass
class Rig:
    """Two chores, one of them failing while `fails`."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(NOON))
    done: list[str] = field(default_factory=list)
    fails: bool = False

    def __post_init__(self) -> None:
        self.store = FakeStore(self.clock)
        self.chores = self.for_holder("one")

    def for_holder(self, holder: str) -> Chores:
        every = (
            Chore(name="first", every=MINUTE, do=self.first),
            Chore(name="second", every=10 * MINUTE, do=lambda: self.done.append("second")),
        )
        return Chores(every, self.store.leases, self.clock, holder)

    def first(self) -> None:
        if self.fails:
            raise StoreUnavailable("no room")
        self.done.append("first")


def test_every_chore_is_done_at_once_and_then_when_it_is_due() -> None:
    rig = Rig()
    assert rig.chores.tick() == ("first", "second")
    assert rig.chores.tick() == ()
    rig.clock.advance(MINUTE)
    assert rig.chores.tick() == ("first",)
    rig.clock.advance(9 * MINUTE)
    assert rig.chores.tick() == ("first", "second")


def test_a_chore_that_fails_stops_nothing_and_is_tried_when_it_is_due_again() -> None:
    rig = Rig(fails=True)
    assert rig.chores.tick() == ("second",)
    rig.fails = False
    rig.clock.advance(MINUTE)
    assert rig.chores.tick() == ("first",)


def test_of_two_processes_one_does_the_chores_and_the_other_takes_over() -> None:
    rig = Rig()
    other = rig.for_holder("two")
    assert rig.chores.tick() and not other.tick()
    rig.clock.advance(3 * MINUTE)
    assert other.tick() == ("first", "second")
    assert rig.chores.tick() == ()


def test_a_clock_that_was_set_back_does_not_stop_the_chores() -> None:
    rig = Rig()
    rig.chores.tick()
    rig.clock.advance(-timedelta(days=30))
    assert "first" in rig.chores.tick()


def test_without_the_store_nothing_is_done_and_nothing_breaks() -> None:
    rig = Rig()
    rig.store.broken = True
    assert rig.chores.tick() == () and rig.done == []
    rig.store.broken = False
    assert rig.chores.tick() == ("first", "second")


def test_the_loop_ends_when_it_is_asked_to() -> None:
    rig, stop = Rig(), Event()
    stop.set()
    run_chores(rig.chores, stop)
    assert rig.done == [] and rig.store.leases.acquire(LEASE, "three", MINUTE) is not None


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, port=8051, energy_api_password="hunter2 canary", audit_key="k" * 40)


def test_settings_are_told_by_value_and_secrets_only_by_whether_they_changed(settings: Settings) -> None:
    facts = setting_facts(settings, key="x" * 40, files={})
    assert (facts["port"], facts["sites_file"], facts["secret_key"]) == ("8051", "", "")
    assert facts["energy_api_password"].startswith("hidden ")
    assert "canary" not in str(facts) and "kkkk" not in str(facts)
    other = settings.model_copy(update={"energy_api_password": "another"})
    assert setting_facts(other, key="x" * 40, files={})["energy_api_password"] != facts["energy_api_password"]
    assert setting_facts(settings, key="y" * 40, files={})["energy_api_password"] != facts["energy_api_password"]


def test_a_file_is_told_by_what_it_holds(settings: Settings, tmp_path: Path) -> None:
    sites = tmp_path / "sites.yaml"
    sites.write_text("one")
    one = setting_facts(settings, key="", files={"sites_file": sites, "devices_file": None})
    sites.write_text("two")
    two = setting_facts(settings, key="", files={"sites_file": sites, "devices_file": tmp_path / "gone.yaml"})
    assert one["sites_file content"] == "sha256 7692c3ad3540"  # echo -n one | sha256sum
    assert one["sites_file content"] != two["sites_file content"]
    assert one["devices_file content"] == two["devices_file content"] == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"notify_email": "max@example.org"}, "NOTIFY_EMAIL: SMTP_URL is not set"),
        ({"notify_email": "max@example.org", "smtp_url": "mail"}, "SMTP_URL: smtp://"),
        ({"notify_webhook": "https://hooks.example.org/a"}, "hooks.example.org is not in WEBHOOK_ALLOW"),
        ({"notify_webhook": "https://10.0.0.1/", "webhook_allow": "*"}, "WEBHOOK_ALLOW"),
        ({"quiet_hours": "at night"}, "QUIET_HOURS: 'at night' is not like 22:00-06:00."),
    ],
)
def test_settings_of_notices_that_could_never_work_are_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_notices(Settings(_env_file=None, **given))
    assert said in str(caught.value)


def test_every_address_gets_a_sender(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        notify_email="max@example.org, ada@example.org",
        smtp_url="smtp://mail.example.org",
        notify_webhook="https://hooks.example.org/a",
        webhook_allow="hooks.example.org",
        quiet_hours="22:00-06:00",
    )
    check_notices(settings)
    store = open_store(f"sqlite:///{tmp_path / 'plans.sqlite'}", secret_key="k" * 40)
    ports = notice_ports(settings, store, NoSites(), FakeClock(NOON))
    assert set(ports.senders) == set(Channel) and len(ports.targets) == 3 and ports.quiet is not None
    store.close()
