"""JSON answers: NaN becomes null, times are ISO 8601 in UTC, unchanged past days answer 304."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
from flask import Response, request

OPTIONS = orjson.OPT_SERIALIZE_NUMPY


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `value` as JSON."""
    body = orjson.dumps(value, option=OPTIONS)
    return Response(body, status=status, headers=headers, content_type="application/json")


def immutable_answer(value: object) -> Response:
    """Return `value` with an ETag of its content; 304 without a body when the client has it already."""
    answer = json_answer(value)
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.make_conditional(request)
    return answer


def iso(moment: datetime | pd.Timestamp) -> str:
    """Return a moment as ISO 8601 in UTC, seconds where they matter.

    >>> iso(datetime(2026, 11, 22, 12, tzinfo=UTC))
    '2026-11-22T12:00:00Z'
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def iso_all(index: pd.DatetimeIndex) -> list[str]:
    """Return every moment of an index as ISO 8601 in UTC."""
    texts: list[str] = index.strftime("%Y-%m-%dT%H:%M:%SZ").tolist()
    return texts


def numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    """Return a series so that JSON gets numbers and nulls."""
    return np.ascontiguousarray(values.to_numpy(dtype=np.float64))


def body_object() -> dict[str, Any]:
    """Return the request's JSON object; an empty one when there is none or it is something else."""
    try:
        value = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
