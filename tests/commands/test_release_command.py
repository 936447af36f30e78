"""`energy-dashboard release` hands a battery back when everything else is dead: no dispatcher, no store, no API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from controllers.modbus import ModbusPlant
from dash_app.cli import main
from dash_app.domain.dispatch import Mode, Order, ReadBack
from tests.contract.test_plant import demo_plant
from tests.fakes.payloads import a_step


@pytest.fixture
def commanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModbusPlant]:
    """A plant in its own process that holds a set-point, and the environment of somebody who wants it back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEVICES_FILE", str(tmp_path / "devices.yaml"))
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    with demo_plant(tmp_path) as plant:
        assert isinstance(plant, ModbusPlant)
        step = a_step(soc_min=0.0, soc_max=1.0)
        order = Order.of(
            recommendation_id="r", project_id="monash", device_id="monash-ess1", step=step, payload_digest="d"
        )
        assert isinstance(plant.hold(order, -5.0), ReadBack)
        assert plant.read().mode is Mode.REMOTE
        yield plant
    structlog.reset_defaults()


def test_the_battery_is_back_in_its_own_mode_and_no_store_was_needed(
    commanded: ModbusPlant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["release", "monash"]) == 0
    assert capsys.readouterr().out == "monash-ess1: released\n"
    assert commanded.read().mode is Mode.LOCAL
    assert list((tmp_path / "state").glob("*.sqlite*")) == []


def test_the_next_dispatcher_is_told(commanded: ModbusPlant, tmp_path: Path) -> None:
    assert main(["release", "monash"]) == 0
    record = json.loads((tmp_path / "state" / "dispatcher.jsonl").read_text())
    assert (record["what"], record["project_id"], record["who"]) == ("stop", "monash", "command line")


def test_an_unknown_project_is_one_sentence(commanded: ModbusPlant, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "atlantis"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "atlantis" in said.err and "Traceback" not in said.err
    assert commanded.read().mode is Mode.REMOTE
