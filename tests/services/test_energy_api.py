"""The energy API client against a server: what it asks, what it understands, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dash_app.domain.errors import BadCredentials, RejectedByApi, SessionEnded, UnknownAtApi
from dash_app.domain.ports import ApiToken, SignIn
from dash_app.domain.project import ProjectType, Role
from dash_app.domain.site import Quantity
from services.energy_api import HttpEnergyApi
from services.listing import name_of, quantity_of
from tests.services.conftest import NOW, client
from tests.services.stub_api import PASSWORD, StubApi, answers, in_turn

DAY = timedelta(days=1)


def signed_in(api: HttpEnergyApi) -> SignIn:
    return api.sign_in("ada@example.org", PASSWORD)


def test_a_sign_in_names_the_person_the_projects_and_the_expiry_of_the_token(base: StubApi) -> None:
    found = signed_in(client(base))
    assert (found.person.user_id, found.person.email) == ("15", "ada@example.org")
    (project,) = found.projects
    assert (project.project_id, project.type, project.measurand_ids) == ("p1", ProjectType.PV, ("1", "2"))
    assert project.roles == frozenset()
    assert found.token.expires_at == NOW + timedelta(minutes=15)
    assert found.token.access not in repr(found)


def test_roles_are_read_and_unknown_ones_give_no_right(extended: StubApi) -> None:
    assert signed_in(client(extended)).projects[0].roles == frozenset({Role.MANAGER})


def test_a_wrong_password_is_bad_credentials_and_asked_once(base: StubApi) -> None:
    with pytest.raises(BadCredentials):
        client(base).sign_in("ada@example.org", "wrong")
    assert len(base.requests) == 1


def test_the_login_path_is_a_setting(base: StubApi) -> None:
    with pytest.raises(UnknownAtApi):
        client(base, login_path="/login").sign_in("ada@example.org", PASSWORD)
    assert base.requests[0][1] == "/login"


def test_an_account_without_projects_is_signed_in_with_none(base: StubApi) -> None:
    base.projects = {}
    assert signed_in(client(base)).projects == ()


def test_a_refresh_reads_everything_anew_and_a_used_one_ends_the_session(extended: StubApi) -> None:
    api = client(extended)
    token = signed_in(api).token
    again = api.refresh(token)
    assert again.token.access != token.access
    with pytest.raises(SessionEnded):
        api.refresh(token)


def test_without_the_extension_a_refresh_ends_the_session(base: StubApi) -> None:
    api = client(base)
    with pytest.raises(SessionEnded):
        api.refresh(ApiToken(access="a", refresh="r", expires_at=NOW))


def test_a_refresh_whose_answer_is_lost_is_not_asked_again(extended: StubApi) -> None:
    api = client(extended)
    token = signed_in(api).token
    api.capabilities()
    extended.fault = answers(503)
    with pytest.raises(Exception, match="503"):
        api.refresh(token)
    assert len(extended.calls("/token/refresh")) == 1


def test_capabilities_are_discovered_once_and_404_means_the_base_contract(base: StubApi) -> None:
    api = client(base)
    assert api.capabilities() == frozenset() == api.capabilities()
    assert len(base.calls("/capabilities")) == 1


def test_an_unreadable_capabilities_page_means_base_for_now_and_is_asked_again(extended: StubApi) -> None:
    api = client(extended)
    extended.fault = in_turn(answers(200, b"<html>welcome</html>"))
    assert api.capabilities() == frozenset()
    assert "history" in api.capabilities()


@pytest.mark.parametrize("kind", ["base", "extended"])
def test_measurands_have_a_quantity_and_a_name_for_people(kind: str, request: pytest.FixtureRequest) -> None:
    stub: StubApi = request.getfixturevalue(kind)
    stub.measure("1", 5.0, since=DAY)
    stub.measure("2", 7.0, since=DAY)
    api = client(stub)
    found = signed_in(api)
    listed = api.list_measurands(found.token, found.projects[0])
    assert [(m.measurand_id, m.quantity) for m in listed] == [("1", Quantity.PV_KW), ("2", Quantity.LOAD_KW)]
    assert all(m.resolution == timedelta(minutes=15) for m in listed)
    assert all("_" not in m.name for m in listed)


def test_the_base_listing_learns_from_the_rows_that_a_series_is_a_forecast(base: StubApi) -> None:
    base.listing[0]["measurandCategoryType"] = "PV_forcast"
    base.measure("1", 5.0, since=DAY)
    api = client(base)
    found = signed_in(api)
    assert api.list_measurands(found.token, found.projects[0])[0].quantity is Quantity.PV_FORECAST_KW


def test_replayed_data_say_how_far_back_they_were_measured(extended: StubApi) -> None:
    extended.listing[0]["sourceNow"] = (NOW - timedelta(weeks=52, hours=1, seconds=7)).isoformat()
    api = client(extended)
    found = signed_in(api)
    one, two = api.list_measurands(found.token, found.projects[0])
    assert (one.measured_shift, two.measured_shift) == (timedelta(weeks=52, hours=1), timedelta(0))


def test_the_listing_of_other_projects_is_left_out(base: StubApi) -> None:
    base.listing.append({"measurandId": 99, "measurandName": "e_demand_other", "resolution": 900})
    api = client(base)
    found = signed_in(api)
    assert [m.measurand_id for m in api.list_measurands(found.token, found.projects[0])] == ["1", "2"]


@pytest.mark.parametrize("kind", ["base", "extended"])
def test_history_is_cut_to_what_was_asked_for(kind: str, request: pytest.FixtureRequest) -> None:
    stub: StubApi = request.getfixturevalue(kind)
    stub.measure("1", 5.0, since=3 * DAY)
    stub.measure("2", 7.0, since=3 * DAY)
    api = client(stub)
    found = signed_in(api)
    listed = api.list_measurands(found.token, found.projects[0])
    window = api.fetch_history(found.token, found.projects[0], listed, NOW - 2 * DAY, NOW - DAY)
    for series in window.series.values():
        assert (len(series), series.index[0], series.index[-1]) == (
            96,
            NOW - 2 * DAY,
            NOW - DAY - timedelta(minutes=15),
        )
    assert window.data_until == NOW - DAY


def test_all_pages_are_read(base: StubApi) -> None:
    base.measure("1", 5.0, since=DAY)
    base.page_size = 10
    api = client(base)
    found = signed_in(api)
    listed = api.list_measurands(found.token, found.projects[0])
    assert len(api.fetch_newest(found.token, found.projects[0], listed, 96).series["1"]) == 96


def test_a_next_page_elsewhere_is_not_followed(base: StubApi) -> None:
    api = client(base)
    found = signed_in(api)
    listed = api.list_measurands(found.token, found.projects[0])
    base.fault = answers(200, [{"data": [], "next": "@127.0.0.1:1/steal"}])
    with pytest.raises(Exception, match="next"):
        api.fetch_newest(found.token, found.projects[0], listed, 96)


@pytest.mark.parametrize("kind", ["base", "extended"])
def test_live_values_carry_their_own_moment(kind: str, request: pytest.FixtureRequest) -> None:
    stub: StubApi = request.getfixturevalue(kind)
    stub.measure("1", 5.0, since=DAY)
    stub.measure("2", 7.0, since=DAY, lag_s=3600)
    api = client(stub)
    found = signed_in(api)
    one, two = api.fetch_live(found.token, found.projects[0])
    assert (one.value, one.at) == (5.0, NOW - timedelta(minutes=15))
    assert (two.value, two.at) == (7.0, NOW - timedelta(minutes=75))


def test_a_state_of_charge_in_percent_becomes_a_fraction(extended: StubApi) -> None:
    extended.listing[1] = {"measurandId": 2, "measurandName": "SOC", "resolution": 900, "measurandCategoryType": "x"}
    extended.listing[1]["unit"] = "%"
    extended.measure("2", 64.0, since=DAY)
    api = client(extended)
    found = signed_in(api)
    (live,) = api.fetch_live(found.token, found.projects[0])
    assert live.value == pytest.approx(0.64)


def test_prices_are_per_kwh_and_may_be_negative_or_extreme(extended: StubApi) -> None:
    extended.prices = {"issued_at": NOW.isoformat(), "start": NOW.isoformat(), "step_s": 3600, "unit": "EUR/MWh"}
    extended.prices["values"] = [-500, 4000, None]
    api = client(extended)
    found = signed_in(api)
    published = api.fetch_prices(found.token, "p1", NOW, NOW + DAY)
    assert published is not None
    assert published.values.tolist()[:2] == [-0.5, 4.0]
    assert published.values.isna().tolist() == [False, False, True]
    assert (published.unit, published.issued_at) == ("EUR/kWh", NOW)


def test_a_price_in_cents_is_refused_and_not_scaled_silently(extended: StubApi) -> None:
    extended.prices = {"issued_at": NOW.isoformat(), "start": NOW.isoformat(), "step_s": 3600, "unit": "ct/kWh"}
    extended.prices["values"] = [30]
    api = client(extended)
    with pytest.raises(Exception, match=r"/prices\.unit"):
        api.fetch_prices(signed_in(api).token, "p1", NOW, NOW + DAY)


def test_an_estimated_price_was_never_published(extended: StubApi) -> None:
    extended.prices = {"estimated": True}
    api = client(extended)
    assert api.fetch_prices(signed_in(api).token, "p1", NOW, NOW + DAY) is None


@pytest.mark.parametrize("kind", ["base", "extended"])
def test_a_project_without_prices_has_none(kind: str, request: pytest.FixtureRequest) -> None:
    api = client(request.getfixturevalue(kind))
    assert api.fetch_prices(signed_in(api).token, "p1", NOW, NOW + DAY) is None
    assert api.fetch_co2(signed_in(api).token, "p1", NOW, NOW + DAY) is None


def test_values_beyond_the_ceiling_are_left_out_and_counted(extended: StubApi) -> None:
    extended.measure("1", 5.0, since=DAY)
    moment, _ = extended.points["1"][-1]
    extended.points["1"][-1] = (moment, 5000.0)
    api = client(extended, ceiling_kw=lambda project_id, m: 30.0 if m.measurand_id == "1" else None)
    found = signed_in(api)
    listed = api.list_measurands(found.token, found.projects[0])
    window = api.fetch_newest(found.token, found.projects[0], listed, 96)
    assert window.series["1"].max() == 5.0
    assert window.dropped == 1


@pytest.mark.parametrize(
    ("code", "category", "quantity"),
    [
        ("pv_production_3", "PV_real", Quantity.PV_KW),
        ("pv_production_3", "PV_forcast", Quantity.PV_FORECAST_KW),
        ("pv_production_3", " PV_Forecast ", Quantity.PV_FORECAST_KW),
        ("e_demand", "Power_Util_Real ", Quantity.LOAD_KW),
        ("e_demand", "Power_Util_Forcast", Quantity.LOAD_FORECAST_KW),
        ("P_ESS_charge", "", Quantity.CHARGE_KW),
        ("P_ESS_discharge", "", Quantity.DISCHARGE_KW),
        ("SOC", "", Quantity.SOC),
        ("P_PEG_import", "", Quantity.IMPORT_KW),
        ("P_PEG_export", "", Quantity.EXPORT_KW),
        ("P_PV_Con", "", Quantity.OTHER_KW),
        ("P_PEG_ESS", "", Quantity.OTHER_KW),
        ("something", "PV_real", Quantity.OTHER_KW),
    ],
)
def test_a_code_and_its_category_name_the_quantity(code: str, category: str, quantity: Quantity) -> None:
    assert quantity_of(code, category) is quantity


def test_a_unit_that_is_no_power_is_unknown_and_never_part_of_a_balance() -> None:
    assert quantity_of("e_demand", "Power_Util_Real", "kWh") is Quantity.UNKNOWN


def test_no_raw_key_is_a_name() -> None:
    assert name_of("P_ESS_PEG") == "Battery to grid"
    assert name_of("pv_production_2") == "PV production 2"


def test_times_are_the_same_with_and_without_offset(base: StubApi) -> None:
    stamps = ["2026-11-03T11:00:00", "2026-11-03T22:15:00+11:00", 1793705400, 1793706300000, "1793705400"]
    rows = [{"measurandId": 1, "roundedTimestamp": stamp, "value": "1.5"} for stamp in stamps]
    api = client(base)
    found = signed_in(api)
    listed = api.list_measurands(found.token, found.projects[0])
    base.fault = answers(200, [{"data": rows}])
    series = api.fetch_newest(found.token, found.projects[0], listed, 96).series["1"]
    assert series.index[0] == datetime(2026, 11, 3, 11, 0, tzinfo=UTC)
    assert series.tolist() == [1.5, 1.5, 1.5, 1.5]


def test_a_change_of_credentials_is_asked_once_even_when_the_answer_is_lost(base: StubApi) -> None:
    api = client(base)
    found = signed_in(api)
    base.fault = answers(503)
    with pytest.raises(Exception, match="503"):
        api.change_credentials(found.token, found.person, email="ada@example.org", password="new one")
    assert [(method, path) for method, path, _ in base.requests[1:]] == [("PUT", "/updatecustomer/15")]


def test_an_address_that_is_taken_is_refused(base: StubApi) -> None:
    api = client(base)
    found = signed_in(api)
    with pytest.raises(RejectedByApi):
        api.change_credentials(found.token, found.person, email="bob@example.org", password=PASSWORD)
