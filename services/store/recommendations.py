"""Recommendations: what people decide on, where each one stands, and the record of every decision."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select

from dash_app.domain.errors import NotFound, PlanRejected
from dash_app.domain.recommendation import EXPIRING, IN_FORCE, Payload, Recommendation, State, Transition, can_become
from services.store.engine import Database
from services.store.moves import record
from services.store.tables import payloads, recommendations, transitions

CLOCK = "clock"


class SqlRecommendations:
    """The Recommendations port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, payload: Payload, *, by: str, keep: Collection[str] = ()) -> Recommendation:
        """Store a PROPOSED recommendation; older PROPOSED ones of the project, but those in `keep`, get SUPERSEDED."""
        with self._database.writing() as connection:
            at = self._database.now(connection)
            new = _numbered(payload, by, at, _next_number(connection, payload.project_id))
            older = (recommendations.c.project_id == payload.project_id) & _in({State.PROPOSED})
            for old in _found(connection, _chosen(older)):
                if old.recommendation_id not in keep:
                    record(connection, old, State.SUPERSEDED, who=by, at=at, why=f"by {new.label}")
            _insert(connection, new)
            return record(connection, new, State.PROPOSED, who=by, at=at)

    def get(self, recommendation_id: str) -> Recommendation | None:
        """Return the recommendation, or None; raise PlanRejected when its payload is not what its hash says."""
        with self._database.reading() as connection:
            return _get(connection, recommendation_id)

    def newest(self, project_id: str, limit: int = 10) -> tuple[Recommendation, ...]:
        """Return the project's newest recommendations, newest first."""
        wanted = _chosen(recommendations.c.project_id == project_id)
        with self._database.reading() as connection:
            return _found(connection, wanted.order_by(recommendations.c.number.desc()).limit(limit))

    def in_force(self, project_id: str) -> Recommendation | None:
        """Return the APPROVED or ACTIVE recommendation of the project, or None."""
        with self._database.reading() as connection:
            return _in_force(connection, project_id)

    def move(
        self,
        recommendation_id: str,
        *,
        version: int,
        digest: str,
        before: Collection[State],
        after: State,
        who: str,
        why: str = "",
    ) -> Recommendation:
        """Change the state by compare-and-set; raise DecisionConflict naming who moved it and when, or NotFound."""
        with self._database.writing() as connection:
            now = _get(connection, recommendation_id)
            if now is None:
                raise NotFound(f"There is no recommendation {recommendation_id}.")
            same = (now.version, now.digest) == (version, digest)
            if not same or now.state not in before or not can_become(now.state, after):
                raise now.conflict()
            at = self._database.now(connection)
            if after is State.APPROVED and (old := _in_force(connection, now.payload.project_id)) is not None:
                record(connection, old, State.SUPERSEDED, who=who, at=at, why=f"by {now.label}")
            return record(connection, now, after, who=who, at=at, why=why)

    def expire_due(self, now: datetime) -> tuple[Recommendation, ...]:
        """Move whatever was not active by its `expires_at` to EXPIRED and return it."""
        due = _in(EXPIRING) & (recommendations.c.expires_at <= now)
        with self._database.reading() as connection:
            if connection.scalar(select(func.count()).select_from(recommendations).where(due)) == 0:
                return ()
        with self._database.writing() as connection:
            at = self._database.now(connection)
            return tuple(
                record(connection, one, State.EXPIRED, who=CLOCK, at=at) for one in _found(connection, _chosen(due))
            )

    def transitions(self, recommendation_id: str) -> tuple[Transition, ...]:
        """Return every decision on a recommendation, oldest first."""
        wanted = select(transitions).where(transitions.c.recommendation_id == recommendation_id)
        with self._database.reading() as connection:
            return tuple(_transition(found) for found in connection.execute(wanted.order_by(transitions.c.row_id)))


def _numbered(payload: Payload, by: str, at: datetime, number: int) -> Recommendation:
    digest = payload.digest
    name = f"{payload.project_id}|{number}|{digest}"
    return Recommendation(
        recommendation_id=hashlib.sha256(name.encode()).hexdigest()[:16],
        number=number,
        version=0,
        state=State.PROPOSED,
        payload=payload,
        digest=digest,
        changed_at=at,
        changed_by=by,
    )


def _next_number(connection: Connection, project_id: str) -> int:
    highest = select(func.max(recommendations.c.number)).where(recommendations.c.project_id == project_id)
    return int(connection.scalar(highest) or 0) + 1


def _insert(connection: Connection, new: Recommendation) -> None:
    connection.execute(
        insert(recommendations).values(
            recommendation_id=new.recommendation_id,
            project_id=new.payload.project_id,
            number=new.number,
            version=new.version,
            state=new.state.value,
            digest=new.digest,
            expires_at=new.payload.expires_at,
            changed_at=new.changed_at,
            changed_by=new.changed_by,
        )
    )
    body = new.payload.as_json()
    connection.execute(insert(payloads).values(recommendation_id=new.recommendation_id, digest=new.digest, body=body))


def _in(states: Collection[State]) -> ColumnElement[bool]:
    return recommendations.c.state.in_([state.value for state in states])


def _chosen(which: ColumnElement[bool]) -> Select[Any]:
    joined = recommendations.join(payloads, recommendations.c.recommendation_id == payloads.c.recommendation_id)
    return select(recommendations, payloads.c.body).select_from(joined).where(which)


def _found(connection: Connection, wanted: Select[Any]) -> tuple[Recommendation, ...]:
    return tuple(_recommendation(found) for found in connection.execute(wanted).all())


def _get(connection: Connection, recommendation_id: str) -> Recommendation | None:
    found = _found(connection, _chosen(recommendations.c.recommendation_id == recommendation_id))
    return found[0] if found else None


def _in_force(connection: Connection, project_id: str) -> Recommendation | None:
    found = _found(connection, _chosen((recommendations.c.project_id == project_id) & _in(IN_FORCE)))
    return found[0] if found else None


def _recommendation(found: Row[Any]) -> Recommendation:
    digest = hashlib.sha256(found.body.encode()).hexdigest()
    if digest != found.digest:
        raise PlanRejected(
            f"R-{found.number} of {found.project_id} was changed after it was stored: "
            f"its hash is {digest[:12]}, not {found.digest[:12]}."
        )
    return Recommendation(
        recommendation_id=found.recommendation_id,
        number=found.number,
        version=found.version,
        state=State(found.state),
        payload=Payload.from_json(found.body),
        digest=digest,
        changed_at=found.changed_at,
        changed_by=found.changed_by,
    )


def _transition(found: Row[Any]) -> Transition:
    return Transition(
        recommendation_id=found.recommendation_id,
        at=found.at,
        who=found.who,
        before=None if found.before is None else State(found.before),
        after=State(found.after),
        why=found.why,
    )
