"""People who sign in, and an energy API that knows nothing but them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dash_app.domain.ports import ApiToken, Session, SignIn
from dash_app.domain.project import Person, Project, ProjectType, Role
from tests.fakes.payloads import NOON

MANAGER = frozenset({Role.MANAGER})


def a_sign_in(
    email: str = "max@example.org",
    *,
    access: str = "first",
    roles: frozenset[Role] = MANAGER,
    expires_at: datetime = NOON + timedelta(minutes=15),
    refresh: str | None = "refresh-1",
) -> SignIn:
    """Return what the API answers to somebody who has the project `monash` only."""
    project = Project(
        project_id="monash", name="Monash campus", type=ProjectType.PV, measurand_ids=("1", "2"), roles=roles
    )
    person = Person(user_id=f"id of {email}", name=email.split("@")[0].title(), email=email)
    token = ApiToken(access=access, refresh=refresh, expires_at=expires_at)
    return SignIn(person=person, projects=(project,), token=token)


def a_session(email: str = "max@example.org", *, roles: frozenset[Role] = MANAGER) -> Session:
    """Return a session that no store knows, open for twelve hours."""
    answer = a_sign_in(email, roles=roles)
    return Session(
        session_id=f"session of {email}",
        person=answer.person,
        projects=answer.projects,
        token=answer.token,
        opened_at=NOON,
        expires_at=NOON + timedelta(hours=12),
    )


def with_roles(session: Session, roles: frozenset[Role]) -> Session:
    """Return the session as it is after the API named other roles."""
    return replace(session, projects=tuple(replace(project, roles=roles) for project in session.projects))
