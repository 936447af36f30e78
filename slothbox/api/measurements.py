"""GET /getprojectdata: the newest points or a stretch of history, as rows (base contract) or as columns."""

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from flask import Blueprint, Response, request

from slothbox.api.answer import immutable_answer, iso, iso_all, json_answer, numbers
from slothbox.api.context import edge
from slothbox.api.errors import ApiError
from slothbox.api.guard import current_account, own_site
from slothbox.api.query import DataQuery, data_query
from slothbox.history import Slice, repeated_steps

PAGE_POINTS = 200_000
FIRST_LOOK_BACK = timedelta(hours=6)

routes = Blueprint("measurements", __name__)
Page = tuple[list[Slice], str | None]


@routes.get("/getprojectdata")
def project_data() -> Response:
    """Answer measured values of one project."""
    site = own_site(current_account(), "id")
    now = edge().clock()
    query = data_query(site, now)
    _check_resolution(query)
    slices, following = _newest(query, now) if query.limit is not None else _stretch(query, now)
    entry: dict[str, Any] = {"projectCategoryName": site.category, "next": following}
    if query.columns:
        entry["series"] = [_column(query, piece) for piece in slices]
    else:
        entry["data"] = _rows(query, slices)
    settled = query.limit is None and query.end <= datetime.combine(now.date(), time(), now.tzinfo)
    return immutable_answer([entry]) if settled else json_answer([entry])


def _check_resolution(query: DataQuery) -> None:
    resolution = query.resolution
    for spec in query.specs:
        if resolution and resolution > spec.step and resolution % spec.step:
            raise ApiError(422, f"resolution is no multiple of the {spec.step.total_seconds():.0f} s of {spec.code}.")


def _stretch(query: DataQuery, now: datetime) -> Page:
    """Return the asked stretch, cut after one page of points."""
    start, end = _clamped(query, now)
    per_second = sum(1 / _step(query, spec.step).total_seconds() for spec in query.specs)
    longest = timedelta(seconds=PAGE_POINTS / per_second)
    following = None
    if end - start > longest:
        coarsest = max(_step(query, spec.step) for spec in query.specs)
        end = pd.Timestamp(start + longest).floor(coarsest).to_pydatetime()
        following = _path(**{"from": iso(end)})
    return _read(query, start, end, now), following


def _newest(query: DataQuery, now: datetime) -> Page:
    """Return the newest points over all measurands, at most one page of them."""
    wanted = query.limit or 0
    earliest, end = _clamped(query, now)
    look_back = FIRST_LOOK_BACK
    while True:
        start = max(earliest, end - look_back)
        slices = _read(query, start, end, now)
        if start <= earliest or sum(piece.count for piece in slices) >= wanted:
            break
        look_back *= 4
    if wanted <= PAGE_POINTS:
        return _cut_to(slices, wanted), None
    return _page_of_newest(slices, wanted)


def _cut_to(slices: list[Slice], count: int) -> list[Slice]:
    """Keep the newest `count` measured points of all slices together; of equal times the first measurands win."""
    times = [pd.DatetimeIndex(piece.mean.dropna().index).as_unit("s").asi8 for piece in slices]
    owner = np.repeat(np.arange(len(slices)), [len(part) for part in times])
    moment = np.concatenate(times) if times else np.array([], dtype=np.int64)
    chosen = np.lexsort((owner, -moment))[:count]
    kept = []
    for number, piece in enumerate(slices):
        mine = moment[chosen][owner[chosen] == number]
        since = pd.Timestamp(int(mine.min()), unit="s", tz="UTC") if len(mine) else piece.mean.index.max() + piece.step
        kept.append(piece.since(since) if piece.count else piece)
    return kept


def _page_of_newest(slices: list[Slice], wanted: int) -> Page:
    """Cut at a moment, so that the next page can go on before it without a point twice."""
    page = _cut_to(slices, PAGE_POINTS)
    if sum(piece.count for piece in slices) <= PAGE_POINTS:
        return page, None
    oldest = min(piece.mean.dropna().index.min() for piece in page if piece.count)
    whole = [piece.since(oldest + timedelta(microseconds=1)) for piece in page]
    first_kept = min(piece.mean.dropna().index.min() for piece in whole if piece.count)
    rest = wanted - sum(piece.count for piece in whole)
    return whole, _path(limit=str(rest), to=iso(first_kept))


def _read(query: DataQuery, start: datetime, end: datetime, now: datetime) -> list[Slice]:
    return [edge().history.read(query.site, spec, start, end, now, query.resolution) for spec in query.specs]


def _clamped(query: DataQuery, now: datetime) -> tuple[datetime, datetime]:
    """Return the asked stretch, no earlier than the first value there is and no later than now."""
    end = min(query.end, now)
    spans = [edge().history.span(query.site, spec, now) for spec in query.specs]
    earliest = min((span[0] for span in spans if span), default=end)
    return min(max(query.start or earliest, earliest), end), end


def _step(query: DataQuery, native: timedelta) -> timedelta:
    return max(native, query.resolution or native)


def _rows(query: DataQuery, slices: list[Slice]) -> list[dict[str, Any]]:
    rows = [row for piece in slices for row in _rows_of(query, piece)]
    return sorted(rows, key=lambda row: row["roundedTimestamp"])


def _rows_of(query: DataQuery, piece: Slice) -> list[dict[str, Any]]:
    measured = piece.mean.dropna()
    repeated = set(iso_all(repeated_steps(query.site, piece)))
    common = {
        "measurandId": piece.spec.measurand_id,
        "measurand": piece.spec.code,
        "measurandCategoryType": piece.spec.category.value,
    }
    return [
        {**common, "roundedTimestamp": moment, "value": value} | ({"repeated": True} if moment in repeated else {})
        for moment, value in zip(iso_all(pd.DatetimeIndex(measured.index)), measured.tolist(), strict=True)
    ]


def _column(query: DataQuery, piece: Slice) -> dict[str, Any]:
    start = piece.mean.index[0] if len(piece.mean) else query.start or query.end
    column: dict[str, Any] = {
        "measurandId": piece.spec.measurand_id,
        "measurand": piece.spec.code,
        "measurandCategoryType": piece.spec.category.value,
        "start": iso(start),
        "step_s": int(piece.step.total_seconds()),
        "values": numbers(piece.mean),
    }
    if piece.low is not None and piece.high is not None:
        column |= {"min": numbers(piece.low), "max": numbers(piece.high)}
    repeated = repeated_steps(query.site, piece)
    return column | ({"repeated": iso_all(repeated)} if len(repeated) else {})


def _path(**changed: str) -> str:
    return f"{request.path}?{urlencode({**request.args.to_dict(), **changed})}"
