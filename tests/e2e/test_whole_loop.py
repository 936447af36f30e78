"""The whole loop, once, for real: sign in, recompute, approve, the battery moves, Followed, stop, safe rules.

Real processes, a real browser, the plan store read with sqlite3, and the plant read by a Modbus client that the product
does not use.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect
from pyModbusTCP.client import ModbusClient

from tests.e2e.demo import Demo, signed_in

pytestmark = pytest.mark.e2e

PROJECT = "monash"
SLOW_MS = 90_000
LOCAL, REMOTE = 1, 2
SETPOINT = 10
SLOT_S, ENOUGH_S = 900, 150


class Plant:
    """The Monash battery as an independent Modbus client sees it: kW (discharge positive), SoC 0..1, mode."""

    def __init__(self, demo: Demo) -> None:
        devices = yaml.safe_load((demo.state_dir / "edge" / "devices.yaml").read_text())["devices"]
        at = next(one["device"] for one in devices if one["device"]["project"] == PROJECT)
        self._client = ModbusClient(host=at["host"], port=at["port"], unit_id=at["unit"], auto_open=True)

    def _holding(self, address: int, count: int = 1) -> list[int]:
        return self._client.read_holding_registers(address, count)

    def _input(self, address: int, count: int = 1) -> list[int]:
        return self._client.read_input_registers(address, count)

    @property
    def setpoint_kw(self) -> float:
        return _signed(self._holding(SETPOINT, 2)) / 1000

    @property
    def power_kw(self) -> float:
        return _signed(self._input(0, 2)) / 1000

    @property
    def soc(self) -> float:
        return self._input(2)[0] / 1000

    @property
    def mode(self) -> int:
        return self._input(4)[0]


def _signed(words: list[int]) -> int:
    value = words[0] << 16 | words[1]
    return value - (1 << 32) if value >= 1 << 31 else value


def rows(demo: Demo, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{demo.state_dir / 'plans.sqlite'}?mode=ro", uri=True) as connection:
        return connection.execute(query, values).fetchall()


def until(true: Callable[[], Any], *, within_s: float = 90.0) -> Any:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.25)
    raise AssertionError("it did not happen in time")


def left_of_the_slot_s() -> float:
    """Return how long the running quarter of an hour still lasts: a new slot brings a new plan in mid-test."""
    return SLOT_S - time.time() % SLOT_S


def set_soc(demo: Demo, soc: float) -> None:
    """Put the battery below its floor: the next plan must then lead it back, that is charge at once."""
    command = [sys.executable, "-m", "slothbox", "fault", "--state-dir", str(demo.state_dir / "edge")]
    subprocess.run([*command, "--site", PROJECT, "soc", str(soc)], check=True, capture_output=True)


def seen_soc(demo: Demo) -> float | None:
    """Return the state of charge that the dispatcher read last: what a plan starts from."""
    bodies = [json.loads(row[0]) for row in rows(demo, "select body from telemetry")]
    return next(body["soc"] for body in bodies if body["device_id"].startswith(PROJECT))


def open_page(page: Page, demo: Demo, name: str) -> None:
    page.goto(f"{demo.url}/p/{PROJECT}/{name}")


def newest_plan(demo: Demo) -> tuple[str, int, str, str]:
    query = "select recommendation_id, number, state, digest from recommendations where project_id = ? order by number"
    return rows(demo, query, PROJECT)[-1]


def recompute(page: Page, demo: Demo) -> int:
    """Press Recompute, see the progress, reload in mid-job, and return the number of the plan it made all the same."""
    before = newest_plan(demo)[1]
    open_page(page, demo, "recommendations")
    page.locator("#recommendations-recompute").click(timeout=SLOW_MS)
    expect(page.locator("#recommendations-job")).to_be_visible(timeout=SLOW_MS)
    page.reload()
    return until(lambda: (number := newest_plan(demo)[1]) > before and number)


def step_now(demo: Demo, number: int) -> dict[str, Any]:
    query = (
        "select p.body from payloads p join recommendations r using (recommendation_id) "
        "where r.project_id = ? and r.number = ?"
    )
    payload = json.loads(rows(demo, query, PROJECT, number)[0][0])
    now = datetime.now(UTC).isoformat()
    return next(step for step in payload["steps"] if step["start"] <= now < step["end"])


def test_from_sign_in_to_a_battery_that_moves_and_back_to_safe_rules(demo: Demo, browser: Browser) -> None:
    plant = Plant(demo)
    until(lambda: rows(demo, "select 1 from recommendations where project_id = ?", PROJECT), within_s=120)
    until(lambda: left_of_the_slot_s() > ENOUGH_S, within_s=2 * ENOUGH_S)
    set_soc(demo, 0.02)
    until(lambda: plant.soc < 0.09 and (seen_soc(demo) or 1.0) < 0.09)

    analyst = signed_in(browser.new_context(), demo, demo.sign_in_of("analyst"))
    number = recompute(analyst, demo)
    the_analyst_cannot_approve(analyst, demo, number)

    manager = signed_in(browser.new_context(), demo, demo.sign_in_of("manager"))
    approve(manager, demo, number)

    step = step_now(demo, number)
    assert step["battery_kw"] < 0, "below its floor the battery has to be charged"
    until(lambda: plant.mode == REMOTE)
    until(lambda: plant.setpoint_kw < 0)  # the plant is remote a moment before it has its first set-point
    assert step["power_min_kw"] - 0.001 <= plant.setpoint_kw <= step["power_max_kw"] + 0.001
    before = plant.soc
    until(lambda: plant.soc > before)
    assert plant.power_kw == pytest.approx(plant.setpoint_kw, abs=1.5)

    open_page(manager, demo, "live")
    expect(manager.locator("#live-chain")).to_contain_text("Followed", timeout=SLOW_MS)
    until(lambda: "followed" in stages(demo))
    assert stages(demo)[:2] == ["intended", "sent"], "the intent is on the record before the wire"
    ledger_agrees_with_the_plant(demo)

    stop(manager)
    until(lambda: plant.mode == LOCAL)
    assert until(lambda: newest_state(demo, number) == "stopped")
    until(lambda: "released" in stages(demo))
    manager_email = demo.sign_in_of("manager")[0]
    acts = rows(demo, "select who from audit where what in ('recommendation approved', 'recommendation stopped')")
    assert acts == [(manager_email,), (manager_email,)], "every decision names who took it"


def the_analyst_cannot_approve(page: Page, demo: Demo, number: int) -> None:
    """Neither by the button nor by a request made by hand."""
    open_page(page, demo, "recommendations")
    expect(page.locator("#recommendations-cards")).to_contain_text("Only managers can approve", timeout=SLOW_MS)
    identity, _number, state, digest = newest_plan(demo)
    dependencies = page.request.get(f"{demo.url}/_dash-dependencies").json()
    callback = next(one for one in dependencies if one["output"] == "recommendations-approved.data")
    values = {"n_clicks": 1, "data": {"recommendation_id": identity, "version": 1, "digest": digest}}
    filled = [
        [{"id": put["id"], "property": put["property"], "value": values.get(put["property"], f"/p/{PROJECT}/")}
         for put in callback[kind]]
        for kind in ("inputs", "state")
    ]  # fmt: skip
    body = {
        "output": callback["output"],
        "outputs": {"id": "recommendations-approved", "property": "data"},
        "inputs": filled[0],
        "state": filled[1],
        "changedPropIds": ["recommendations-do-approve.n_clicks"],
    }
    answer = page.request.post(f"{demo.url}/_dash-update-component", data=body, headers={"Origin": demo.url})
    assert answer.status == 403, answer.text()
    assert newest_plan(demo)[2] == state != "approved"


def approve(page: Page, demo: Demo, number: int) -> None:
    open_page(page, demo, f"recommendations?plan={number}")
    page.get_by_role("button", name=re.compile("^Approve")).first.click(timeout=SLOW_MS)
    page.locator("#recommendations-do-approve").click(timeout=SLOW_MS)
    expect(page.locator("#recommendations-outcome")).to_contain_text(f"R-{number}", timeout=SLOW_MS)
    assert newest_state(demo, number) in ("approved", "active")


def newest_state(demo: Demo, number: int) -> str:
    query = "select state from recommendations where project_id = ? and number = ?"
    return rows(demo, query, PROJECT, number)[0][0]


def stages(demo: Demo) -> list[str]:
    return [row[0] for row in rows(demo, "select stage from ledger where project_id = ? order by row_id", PROJECT)]


def ledger_agrees_with_the_plant(demo: Demo) -> None:
    """Every set-point the plant accepted stands in the ledger as intended, and the other way round."""
    intended = {round(row[0] * 1000) for row in rows(
        demo, "select setpoint_kw from ledger where project_id = ? and stage = 'sent'", PROJECT)}  # fmt: skip
    log = (demo.state_dir / "edge" / "plant-writes.jsonl").read_text().splitlines()
    written = {
        entry["setpoint_w"]
        for entry in map(json.loads, log)
        if entry["project"] == PROJECT and entry["address"] == SETPOINT and not entry["refused"]
    }
    assert intended >= written - {0}, (intended, written)
    assert written


def stop(page: Page) -> None:
    page.locator("#live-stop").click(timeout=SLOW_MS)
    page.locator("#live-stop-confirm").click(timeout=SLOW_MS)
    expect(page.locator("#live-outcome")).not_to_be_empty(timeout=SLOW_MS)
