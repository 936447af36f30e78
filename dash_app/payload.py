"""Callback payloads: only what a callback declared, in its order, gets past the door.

Dash trusts the ids and properties that a browser sends. Here they must equal the declared dependencies (count, id,
property), so that nobody can rename an input into something a check further in would look at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

_WILDCARDS = ("ALL", "MATCH", "ALLSMALLER")

Entry = Mapping[str, Any]


class BadPayload(Exception):
    """The payload is not what the callback declared; the message names the first difference."""


def check_payload(body: object, callback_map: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload of a known callback; raise BadPayload unless its shape is exactly the declared one."""
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        raise BadPayload("no output")
    declared = callback_map.get(body["output"])
    if declared is None or "callback" not in declared:
        raise BadPayload("unknown output")
    _check_list("inputs", body.get("inputs"), declared["inputs"])
    _check_list("state", body.get("state", []), declared["state"])
    _check_outputs(body)
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(item, str) for item in changed):
        raise BadPayload("changedPropIds is not a list of texts")
    return body


def output_parts(output: str) -> tuple[tuple[str, str], ...]:
    """Return the (component id, property) pairs of an output key.

    >>> output_parts("..a.children...b.data@1f2e..")
    (('a', 'children'), ('b', 'data'))
    """
    if "." not in output:
        return ()
    keys = output[2:-2].split("...") if output.startswith("..") else [output]
    pairs = (key.rsplit(".", 1) for key in keys)
    return tuple((name.replace("\\.", "."), prop.split("@", 1)[0]) for name, prop in pairs)


def project_ids(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every project that the payload's addresses speak of (inputs and states whose property is `pathname`)."""
    found = (project_of(entry.get("value")) for entry in _entries(body) if entry.get("property") == "pathname")
    return tuple(project_id for project_id in found if project_id is not None)


def project_of(pathname: object) -> str | None:
    """Return the project that an address belongs to, or None.

    >>> project_of("/p/monash/live"), project_of("/p/a%20b/"), project_of("/projects")
    ('monash', 'a b', None)
    """
    parts = pathname.split("/") if isinstance(pathname, str) else []
    return unquote(parts[2]) if len(parts) > 2 and parts[:2] == ["", "p"] and parts[2] else None


def _check_list(kind: str, given: object, declared: list[Entry]) -> None:
    if not isinstance(given, list) or len(given) != len(declared):
        count = len(given) if isinstance(given, list) else "no list"
        raise BadPayload(f"{kind}: {len(declared)} declared, got {count}")
    for entry, wanted in zip(given, declared, strict=True):
        several = isinstance(entry, list)
        if several and not _is_pattern(wanted["id"]):
            raise BadPayload(f"{kind}: a list for {wanted['id']}")
        for one in entry if several else [entry]:
            if not isinstance(one, dict) or not _fits(one, wanted):
                raise BadPayload(f"{kind}: not {wanted['id']}.{wanted['property']}")


def _fits(entry: Entry, wanted: Entry) -> bool:
    if entry.get("property") != wanted["property"]:
        return False
    given, declared = entry.get("id"), wanted["id"]
    if not _is_pattern(declared):
        return isinstance(given, str) and given == declared
    pattern = json.loads(declared)
    return (
        isinstance(given, dict)
        and given.keys() == pattern.keys()
        and all(_is_wildcard(want) or given[key] == want for key, want in pattern.items())
    )


def _check_outputs(body: Mapping[str, Any]) -> None:
    given = body.get("outputs")
    entries = list(_flat(given if isinstance(given, list) else [given]))
    plain = [(e.get("id"), str(e.get("property")).split("@", 1)[0]) for e in entries if isinstance(e.get("id"), str)]
    declared = set(output_parts(body["output"]))
    if given and not set(plain) <= declared:
        raise BadPayload("outputs: not the declared ones")


def _entries(body: Mapping[str, Any]) -> Iterator[Entry]:
    yield from _flat([*body.get("inputs", []), *body.get("state", [])])


def _flat(items: list[Any]) -> Iterator[Entry]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        elif isinstance(item, dict):
            yield item


def _is_pattern(declared_id: str) -> bool:
    return declared_id.startswith("{")


def _is_wildcard(value: object) -> bool:
    return isinstance(value, list) and len(value) == 1 and value[0] in _WILDCARDS
