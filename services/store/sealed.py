"""Seal what must not be readable in the file: people, their projects and their tokens."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dash_app.domain.ports import ApiToken, SignIn
from dash_app.domain.project import Person, Project, ProjectType, Role

PURPOSE = b"energy-dashboard: sessions in the plan store"


class Seal:
    """Encrypts with a key derived from SECRET_KEY, for this purpose only."""

    def __init__(self, secret_key: str) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, sign_in: SignIn) -> str:
        """Return the sealed text of a sign-in."""
        return self._fernet.encrypt(json.dumps(_raw(sign_in)).encode()).decode()

    def open(self, sealed: str) -> SignIn | None:
        """Return what was sealed, or None when the key is another one or the text was changed."""
        try:
            return _sign_in(json.loads(self._fernet.decrypt(sealed.encode())))
        except InvalidToken:
            return None


def _raw(sign_in: SignIn) -> dict[str, Any]:
    person, token = sign_in.person, sign_in.token
    return {
        "person": {"user_id": person.user_id, "name": person.name, "email": person.email},
        "projects": [_raw_project(project) for project in sign_in.projects],
        "token": {"access": token.access, "refresh": token.refresh, "expires_at": token.expires_at.isoformat()},
    }


def _raw_project(project: Project) -> dict[str, Any]:
    return {
        "project_id": project.project_id,
        "name": project.name,
        "type": project.type.value,
        "measurand_ids": list(project.measurand_ids),
        "roles": sorted(role.value for role in project.roles),
    }


def _sign_in(raw: dict[str, Any]) -> SignIn:
    token = raw["token"]
    return SignIn(
        person=Person(**raw["person"]),
        projects=tuple(_project(project) for project in raw["projects"]),
        token=ApiToken(**{**token, "expires_at": datetime.fromisoformat(token["expires_at"])}),
    )


def _project(raw: dict[str, Any]) -> Project:
    return Project(
        project_id=raw["project_id"],
        name=raw["name"],
        type=ProjectType(raw["type"]),
        measurand_ids=tuple(raw["measurand_ids"]),
        roles=frozenset(Role(role) for role in raw["roles"]),
    )
