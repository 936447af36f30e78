"""The parameters of a request, read strictly: what cannot be understood is refused by name with 422."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import request

from slothbox.api.errors import ApiError
from slothbox.sites import DemoSite, MeasurandSpec

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_RESOLUTION_S = 31 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuery:
    """What /getprojectdata was asked for; with a `limit` the newest points before `end`."""

    site: DemoSite
    specs: tuple[MeasurandSpec, ...]
    start: datetime | None
    end: datetime
    limit: int | None
    resolution: timedelta | None
    columns: bool


def data_query(site: DemoSite, now: datetime) -> DataQuery:
    """Read the parameters of /getprojectdata; 422 when neither `limit` nor `from` is there."""
    start = moment_parameter("from")
    limit = whole_parameter("limit")
    if start is None and limit is None:
        raise ApiError(422, "Either limit or from is needed.")
    return DataQuery(
        site=site,
        specs=chosen_measurands(site),
        start=start,
        end=moment_parameter("to") or now,
        limit=limit,
        resolution=_resolution(),
        columns=_format() == "columns",
    )


def moment_parameter(name: str) -> datetime | None:
    """Return a time parameter in UTC, None when it is absent."""
    text = request.args.get(name)
    return None if not text else parse_moment(text, name)


def parse_moment(text: object, name: str) -> datetime:
    """Return ISO 8601 text as a moment in UTC (without offset it is UTC); 422 names the field."""
    try:
        moment = datetime.fromisoformat(str(text).replace(" ", "+"))
    except ValueError as error:
        raise ApiError(422, f"{name} is not an ISO 8601 time.") from error
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if not EARLIEST <= aware <= LATEST:
        raise ApiError(422, f"{name} lies outside 1990 to 2200.")
    return aware.astimezone(UTC)


def whole_parameter(name: str) -> int | None:
    """Return a parameter that is a whole number above 0, None when it is absent."""
    text = request.args.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise ApiError(422, f"{name} is not a whole number above 0.")
    return int(text)


def chosen_measurands(site: DemoSite) -> tuple[MeasurandSpec, ...]:
    """Return the measurands named by `measurands=1,2`, all of them when it is absent; 404 for an unknown one."""
    text = request.args.get("measurands")
    if not text:
        return site.measurands
    wanted = [part.strip() for part in text.split(",")]
    known = {spec.measurand_id: spec for spec in site.measurands}
    unknown = [part for part in wanted if part not in known]
    if unknown:
        raise ApiError(404, f"There is no measurand {unknown[0][:40]} in this project.")
    return tuple(known[part] for part in dict.fromkeys(wanted))


def _resolution() -> timedelta | None:
    seconds = whole_parameter("resolution")
    if seconds is None:
        return None
    if seconds % 60 or seconds > LONGEST_RESOLUTION_S:
        raise ApiError(422, "resolution is whole minutes, in seconds, up to 31 days.")
    return timedelta(seconds=seconds)


def _format() -> str:
    wanted = request.args.get("format", "rows")
    if wanted not in ("rows", "columns"):
        raise ApiError(422, "format is rows or columns.")
    return wanted
