"""The client against servers that fail: each fault ends in time, with the error that fits, and nothing half-read."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dash_app.domain.errors import (
    ApiError,
    ApiUnavailable,
    ApiUnreadable,
    ConfigError,
    RateLimited,
    RejectedByApi,
    SessionEnded,
)
from dash_app.domain.measurement import Window
from dash_app.domain.site import Measurand, Quantity
from services.energy_api import HttpEnergyApi
from services.parsing import parse_json
from services.retry import RetryPolicy
from services.series import Harvest, harvest
from services.windows import window_of
from tests.fakes.clock import FakeClock
from tests.services.conftest import NOW, QUICK, client
from tests.services.stub_api import PASSWORD, StubApi, answers, cuts, drips, in_turn, serving

QUARTER = timedelta(minutes=15)
LOAD = Measurand(measurand_id="2", code="e_demand", name="Load", quantity=Quantity.LOAD_KW, resolution=QUARTER)


class Waits:
    """Collects the waits of a retry policy instead of sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.told: list[tuple[int, int, float]] = []

    def policy(self, attempts: int) -> RetryPolicy:
        return RetryPolicy(attempts=attempts, on_wait=lambda *said: self.told.append(said), sleep=self.slept.append)


def asked(stub: StubApi, **more: Any) -> tuple[HttpEnergyApi, Any]:
    """Return a client and a call that fetches the newest points."""
    api = client(stub, **more)
    found = api.sign_in("ada@example.org", PASSWORD)
    project = found.projects[0]
    listed = api.list_measurands(found.token, project)
    return api, lambda: api.fetch_newest(found.token, project, listed, 96)


# A1, A2, A4: cannot reach the server


def test_a_refused_connection_is_unavailable_and_then_works_without_a_restart(clock: FakeClock) -> None:
    with serving(StubApi(clock)) as stub:
        api, port = client(stub), int(stub.url.rsplit(":", 1)[1])
    with pytest.raises(ApiUnavailable):
        api.sign_in("ada@example.org", PASSWORD)
    with serving(stub, port):
        assert api.sign_in("ada@example.org", PASSWORD).person.name == "Ada"


def test_a_name_that_does_not_resolve_is_unavailable(clock: FakeClock) -> None:
    with pytest.raises(ApiUnavailable):
        HttpEnergyApi("http://no-such-host.invalid", clock=clock).sign_in("a@example.org", "b")


@pytest.mark.parametrize("headers_too", [True, False])
def test_a_server_that_drips_ends_within_the_total_limit(base: StubApi, headers_too: bool) -> None:
    stop = threading.Event()
    base.fault = drips(headers_too, stop)
    began = time.monotonic()
    with pytest.raises(ApiUnavailable, match="within 2 s"):
        client(base).sign_in("ada@example.org", PASSWORD)
    stop.set()
    assert 1.5 < time.monotonic() - began < 3.5


def test_a_silent_server_ends_within_the_read_limit(base: StubApi) -> None:
    stop = threading.Event()
    base.fault = lambda handler: stop.wait(5)
    began = time.monotonic()
    with pytest.raises(ApiUnavailable):
        client(base).sign_in("ada@example.org", PASSWORD)
    stop.set()
    assert time.monotonic() - began < 2.5


def test_an_unreachable_server_is_asked_again_after_5_s_up_to_the_limit(base: StubApi) -> None:
    waits = Waits()
    base.fault = answers(503)
    with pytest.raises(ApiUnavailable):
        client(base, retry=waits.policy(5)).sign_in("ada@example.org", PASSWORD)
    assert len(base.requests) == 5
    assert waits.slept == [5.0, 5.0, 5.0, 5.0]
    assert waits.told == [(2, 5, 5.0), (3, 5, 5.0), (4, 5, 5.0), (5, 5, 5.0)]


def test_a_flapping_server_answers_in_the_end(base: StubApi) -> None:
    base.fault = in_turn(answers(503), answers(502), answers(500))
    waits = Waits()
    assert client(base, retry=waits.policy(5)).sign_in("ada@example.org", PASSWORD).person.name == "Ada"
    assert len(waits.slept) == 3


def test_a_page_never_waits(base: StubApi) -> None:
    base.fault = answers(503)
    with pytest.raises(ApiUnavailable):
        client(base).sign_in("ada@example.org", PASSWORD)
    assert len(base.requests) == 1


def test_jitter_spreads_the_waits(base: StubApi) -> None:
    waits = Waits()
    base.fault = answers(503)
    policy = RetryPolicy(attempts=2, jitter_s=lambda: 0.25, sleep=waits.slept.append)
    with pytest.raises(ApiUnavailable):
        client(base, retry=policy).sign_in("ada@example.org", PASSWORD)
    assert waits.slept == [5.25]


def test_a_kept_connection_that_the_server_closed_is_replaced(base: StubApi) -> None:
    def close_it(handler: Any) -> None:
        handler.close_connection = True

    _, fetch = asked(base)
    base.fault = in_turn(close_it)
    assert isinstance(fetch(), Window)


# A3: 429


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry_After": "40"}, 40.0),
        ({"Retry_After": "Tue, 03 Nov 2026 12:01:30 GMT"}, 90.0),
        ({"Retry_After": "soon"}, 60.0),
        ({"Retry_After": "99999999999"}, 3600.0),
        ({}, 60.0),
    ],
)
def test_a_429_says_how_long_to_wait_and_is_not_asked_again(
    base: StubApi, header: dict[str, str], seconds: float
) -> None:
    base.fault = answers(429, **header)
    with pytest.raises(RateLimited) as caught:
        client(base, retry=Waits().policy(5)).sign_in("ada@example.org", PASSWORD)
    assert caught.value.retry_after_s == seconds
    assert len(base.requests) == 1


# A5: 4xx


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_ends_the_session_without_a_retry_storm(base: StubApi, status: int) -> None:
    _, fetch = asked(base, retry=Waits().policy(5))
    before = len(base.requests)
    base.fault = answers(status)
    with pytest.raises(SessionEnded):
        fetch()
    assert len(base.requests) == before + 1


@pytest.mark.parametrize("status", [400, 405, 409, 413, 422])
def test_any_other_refusal_is_told_at_once(base: StubApi, status: int) -> None:
    _, fetch = asked(base, retry=Waits().policy(5))
    before = len(base.requests)
    base.fault = answers(status)
    with pytest.raises(RejectedByApi, match=str(status)):
        fetch()
    assert len(base.requests) == before + 1


def test_a_redirect_is_not_followed_with_our_token(base: StubApi) -> None:
    _, fetch = asked(base)
    before = len(base.requests)
    base.fault = answers(302, Location="/elsewhere")
    with pytest.raises(ApiUnreadable):
        fetch()
    assert len(base.requests) == before + 1


# A6: answers that are no answers


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"<html>nginx</html>", "not JSON"),
        (b"", "not JSON"),
        (b'[{"data": [', "not JSON"),
        (b"[" * 20_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"{}", "a list was expected"),
        (b"[[]]", r"\[0\]: an object"),
        (b'[{"data": {}}]', r"\[0\]\.data: a list"),
        (b"[{}]", r"\[0\]\.data: missing"),
        (b'[{"data": [1]}]', r"data\[0\]: an object"),
        (b'[{"data": [{"roundedTimestamp": "x", "value": 1}]}]', r"data\[0\]\.measurandId: missing"),
        (b'[{"data": [{"measurandId": 1, "value": 1}]}]', r"data\[0\]\.roundedTimestamp: missing"),
        (b'[{"data": [{"measurandId": 1, "roundedTimestamp": "x"}]}]', r"data\[0\]\.value: missing"),
        (b'[{"data": [{"measurandId": [], "roundedTimestamp": 1, "value": 1}]}]', r"measurandId: a text"),
        (b'[{"data": [{"measurandId": 1, "roundedTimestamp": 1, "value": NaN}]}]', r"\[0\]\.data\[0\]\.value"),
        (b'[{"data": [{"measurandId": 1, "roundedTimestamp": 1, "value": -Infinity}]}]', r"\[0\]\.data\[0\]\.value"),
        (b'[{"series": [{"measurandId": 1, "start": "x", "step_s": 900, "values": [1]}]}]', r"series\[0\]\.start"),
        (b'[{"series": [{"measurandId": 1, "start": 1, "step_s": 0, "values": [1]}]}]', r"series\[0\]\.step_s"),
        (b'[{"series": [{"measurandId": 1, "start": 1, "step_s": 900, "values": 5}]}]', r"series\[0\]\.values"),
    ],
)
def test_an_unreadable_answer_names_the_field(base: StubApi, body: bytes, named: str) -> None:
    _, fetch = asked(base)
    base.fault = answers(200, body)
    with pytest.raises(ApiUnreadable, match=named):
        fetch()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"access_token": None}, "access_token"),
        ({"access_token": "opaque"}, "access_token"),
        ({"customer": []}, "customer"),
        ({"customer": {}}, "customerId"),
        ({"projects": {}}, "projects"),
        ({"projects": [{}]}, r"projects\[0\]\.projectId"),
        ({"projects": [{"projectId": "p", "measurands": [None]}]}, r"projects\[0\]\.measurands\[0\]"),
    ],
)
def test_an_unreadable_sign_in_names_the_field(base: StubApi, change: dict[str, Any], named: str) -> None:
    base.fault = answers(200, {**base.sign_in_answer("ada@example.org"), **change})
    with pytest.raises(ApiUnreadable, match=named):
        client(base).sign_in("ada@example.org", PASSWORD)


def test_a_resolution_that_is_no_number_is_named(base: StubApi) -> None:
    base.listing[1]["resolution"] = "often"
    with pytest.raises(ApiUnreadable, match=r"/listmeasurands\[1\]\.resolution"):
        asked(base)


def test_a_truncated_answer_is_unreadable(base: StubApi) -> None:
    _, fetch = asked(base)
    base.fault = cuts(b"[]", promised=500)
    with pytest.raises(ApiUnreadable, match="ends early"):
        fetch()


def test_an_endless_answer_is_cut_at_the_size_limit(base: StubApi) -> None:
    limits = type(QUICK)(connect_s=1, read_s=1, total_s=5, max_bytes=100_000)
    _, fetch = asked(base, limits=limits)
    base.fault = answers(200, b"[" + b" " * 200_000 + b"]")
    with pytest.raises(ApiUnreadable, match="longer than"):
        fetch()


def test_an_address_that_is_no_address_is_a_setting_error(clock: FakeClock) -> None:
    with pytest.raises(ConfigError, match="ENERGY_API_URL"):
        HttpEnergyApi("ftp://example.org", clock=clock)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "series", "measurandId", "roundedTimestamp", "value", "start", "step_s", "values"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=anything | st.lists(st.fixed_dictionaries({"data": st.lists(anything, max_size=3)}), max_size=2))
def test_whatever_json_comes_is_read_or_refused_with_our_error(answer: Any) -> None:
    found = Harvest()
    try:
        harvest(parse_json(json.dumps(answer).encode(), "/x"), "/x", found)
        window_of(found, (LOAD,), now=NOW, ceiling_kw=lambda m: None)
    except ApiUnreadable:
        return


# A7, A8, A9: values


def rows_of(*points: tuple[Any, Any]) -> bytes:
    rows = [{"measurandId": "2", "roundedTimestamp": stamp, "value": value} for stamp, value in points]
    return json.dumps([{"data": rows}]).encode()


def read(*points: tuple[Any, Any]) -> Window:
    found = Harvest()
    harvest(parse_json(rows_of(*points), "/x"), "/x", found)
    return window_of(found, (LOAD,), now=NOW, ceiling_kw=lambda m: 300.0)


def at(quarter: int) -> str:
    return (NOW - timedelta(hours=3) + quarter * QUARTER).isoformat()


@pytest.mark.parametrize("bad", ["NaN", "inf", "-Infinity", "abc", True, [], {}, "", "1,5", 1e300, -50, 301, "1e999"])
def test_a_value_that_is_no_plausible_number_is_left_out_and_counted(bad: Any) -> None:
    window = read((at(0), 1.0), (at(1), bad), (at(2), "3.0"))
    series = window.series["2"]
    assert series.isna().tolist() == [False, True, False]
    assert window.dropped == 1


def test_a_null_is_a_gap_and_not_an_unreadable_value() -> None:
    window = read((at(0), 1.0), (at(1), None), (at(2), 3.0))
    assert window.series["2"].isna().tolist() == [False, True, False]
    assert window.dropped == 0


@pytest.mark.parametrize("bad", ["yesterday", None, True, -5, 0, 1e18, "0001-01-01T00:00:00+14:00", "9999-12-31"])
def test_a_time_that_is_no_time_is_left_out_and_counted(bad: Any) -> None:
    window = read((at(0), 1.0), (bad, 9.0))
    assert window.series["2"].tolist() == [1.0]
    assert window.dropped == 1


def test_a_measurement_from_the_future_is_left_out_and_counted() -> None:
    window = read((at(0), 1.0), ((NOW + timedelta(hours=10)).isoformat(), 9.0))
    assert (window.series["2"].tolist(), window.dropped) == ([1.0], 1)


def test_a_stray_old_stamp_does_not_make_a_series_of_decades() -> None:
    found = Harvest()
    harvest(parse_json(rows_of(("1991-01-01", 1.0), (at(0), 2.0)), "/x"), "/x", found)
    minute = Measurand(
        measurand_id="2", code="e", name="L", quantity=Quantity.LOAD_KW, resolution=timedelta(seconds=10)
    )
    assert len(window_of(found, (minute,), now=NOW, ceiling_kw=lambda m: None).series["2"]) <= 400_000


def test_gaps_stay_gaps() -> None:
    window = read((at(0), 1.0), (at(4), 5.0))
    assert window.series["2"].notna().tolist() == [True, False, False, False, True]


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_arrival_does_not_matter(order: list[int]) -> None:
    assert read(*((at(q), float(q)) for q in order)).series["2"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_of_two_values_with_one_stamp_the_last_one_wins() -> None:
    assert read((at(1), 8.0), (at(0), 1.0), (at(1), 2.0)).series["2"].tolist() == [1.0, 2.0]


def test_several_values_within_one_step_become_their_mean() -> None:
    inside = (NOW - timedelta(hours=3) + timedelta(minutes=5)).isoformat()
    assert read((at(0), 1.0), (inside, 3.0)).series["2"].tolist() == [2.0]


def test_meter_noise_just_below_zero_is_zero() -> None:
    window = read((at(0), -0.05))
    assert (window.series["2"].tolist(), window.dropped) == ([0.0], 0)


# A11: the host's zone is not the site's


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_a_time_means_the_same_whatever_the_zone_of_the_host(zone: str) -> None:
    code = (
        "from services.parsing import moment_s, token_expiry; from datetime import datetime, UTC; import time;"
        "from services.transport import _retry_after_s;"
        "print(time.tzname[0], moment_s('2020-09-28T03:45:00'), moment_s('2020-09-28 09:15+05:30'),"
        "_retry_after_s('Mon, 28 Sep 2020 03:46:00', datetime(2020, 9, 28, 3, 45, tzinfo=UTC)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True
    )
    name, *numbers = done.stdout.split()
    assert numbers == ["1601264700.0", "1601264700.0", "60.0"]
    assert name == {"UTC": "UTC", "Asia/Kolkata": "IST", "America/St_Johns": "NST"}[zone]


# F11: secrets


def test_no_password_and_no_token_reaches_a_log_or_a_message(
    base: StubApi, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    waits, said = Waits(), []
    api, fetch = asked(base, retry=waits.policy(2))
    echo = lambda handler: handler.send(422, f"{PASSWORD} {handler.headers}".encode())  # noqa: E731
    faults = [answers(503), answers(401), echo, answers(200, b"<html>"), cuts(b"[", promised=9), answers(429)]
    with structlog.testing.capture_logs() as events:
        for fault in faults:
            base.fault = fault
            for call in (fetch, lambda: api.sign_in("ada@example.org", PASSWORD)):
                with pytest.raises(ApiError) as caught:
                    call()
                said.append(str(caught.getrepr(chain=True)) + repr(caught.value.__context__))
    everything = " ".join([*said, str(events), caplog.text, *capsys.readouterr()])
    assert len(said) == 12
    assert "status 503" in everything
    assert PASSWORD not in everything.replace("PASSWORD", "")
    assert not any(token in everything for token in base.tokens)


def test_cookies_of_one_person_are_never_sent_for_another(base: StubApi) -> None:
    seen: list[str | None] = []

    def set_cookie(handler: Any) -> None:
        seen.append(handler.headers.get("Cookie"))
        handler.send(200, base.sign_in_answer("ada@example.org"), Set_Cookie="sid=ada; Path=/")

    base.fault = set_cookie
    api = client(base)
    for _ in range(2):
        api.sign_in("ada@example.org", PASSWORD)
    assert seen == [None, None]
