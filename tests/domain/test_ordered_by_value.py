"""A table on a step: it is part of what is signed, it survives the store, and the order carries the intent `value`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from dash_app.domain.dispatch import Order
from dash_app.domain.recommendation import Payload
from dash_app.domain.schedule import Intent, Step
from tests.fakes.payloads import NOON, a_payload, a_step
from tests.fakes.value_tables import a_table


def by_value(payload: Payload, worth: float = 0.25) -> Payload:
    first, *others = payload.steps
    return replace(payload, steps=(replace(first, table=a_table(worth)), *others))


def order_of(step: Step) -> Order:
    return Order.of(recommendation_id="r", project_id="p", device_id="d", step=step, payload_digest="00")


def test_a_payload_with_a_table_comes_back_as_it_was() -> None:
    payload = by_value(a_payload())
    assert Payload.from_json(payload.as_json()) == payload


def test_what_is_signed_changes_with_the_table() -> None:
    assert len({a_payload().digest, by_value(a_payload()).digest, by_value(a_payload(), 0.26).digest}) == 3


def test_a_payload_without_tables_reads_and_is_signed_as_before_there_were_any() -> None:
    raw = json.loads(a_payload().as_json())
    assert all("table" not in step for step in raw["steps"])
    assert Payload.from_json(json.dumps(raw)) == a_payload()


@pytest.mark.parametrize("spoilt", [{"stored_kwh": [1.0, 0.0]}, {"models": []}, {"wear": 1.0}])
def test_a_table_that_does_not_fit_together_is_refused_when_it_is_read(spoilt: dict[str, object]) -> None:
    raw = json.loads(by_value(a_payload()).as_json())
    raw["steps"][0]["table"] |= spoilt
    with pytest.raises((ValueError, TypeError)):
        Payload.from_json(json.dumps(raw))


def test_an_order_carries_the_intent_value_with_its_table_and_the_same_id() -> None:
    step = a_step(table=a_table())
    order = order_of(step)
    assert (order.step.intent, order.step.table, step.intent) == (Intent.VALUE, a_table(), Intent.DISCHARGE)
    assert order.order_id == order_of(a_step()).order_id
    assert order_of(a_step()).step == a_step()
    assert order.step.end - NOON == timedelta(minutes=15)
