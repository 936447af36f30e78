"""Roles where the energy API names none: those of SITES_FILE, by e-mail."""

from __future__ import annotations

from dataclasses import replace

from dash_app.domain.ports import SignIn, Sites
from dash_app.domain.project import Project, Role


class SiteRoles:
    """Fills in the roles of a sign-in answer. Who has neither is a viewer."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._emails: dict[str, str] = {}

    def filled(self, answer: SignIn) -> SignIn:
        """Return the answer with a role set for every project; what the API named stays as it is.

        A refreshed answer may not say the e-mail: it is remembered from the sign-in, and forgotten by a restart.
        """
        user_id = answer.person.user_id
        email = (answer.person.email or self._emails.get(user_id, "")).strip().lower()
        self._emails[user_id] = email
        return replace(answer, projects=tuple(self._with_roles(project, email) for project in answer.projects))

    def _with_roles(self, project: Project, email: str) -> Project:
        site = self._sites.site_of(project.project_id)
        if project.roles or site is None:
            return project
        return replace(project, roles=frozenset(Role(role) for role in site.roles_by_email.get(email, ())))
