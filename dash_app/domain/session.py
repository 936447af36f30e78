"""Who is signed in, and with which token: the records of a sign-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from dash_app.domain.project import Person, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """The API's bearer token. It never reaches the browser, a log or a page."""

    access: str
    refresh: str | None
    expires_at: datetime

    def __repr__(self) -> str:
        """Return a text without the secret."""
        return f"ApiToken(expires_at={self.expires_at.isoformat()})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The answer to a sign-in or a refresh."""

    person: Person
    projects: tuple[Project, ...]
    token: ApiToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody signed in, as the server knows it (a person, or the service account with its own session).

    `renew_after` is set when a renewal of the token failed: do not try again before.
    """

    session_id: str = field(repr=False)
    person: Person
    projects: tuple[Project, ...]
    token: ApiToken
    opened_at: datetime
    expires_at: datetime
    renew_after: datetime | None = None

    def project(self, project_id: str) -> Project | None:
        """Return the project if this person has it, else None: a foreign project does not exist here."""
        return next((project for project in self.projects if project.project_id == project_id), None)
