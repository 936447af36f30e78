"""What people are in a project, in words."""

from __future__ import annotations

from collections.abc import Mapping

from components.words import _, mark
from dash_app.domain.project import Role

ROLE_WORDS: Mapping[Role, str] = {
    Role.VIEWER: mark("Viewer"),
    Role.ANALYST: mark("Analyst"),
    Role.OPERATOR: mark("Operator"),
    Role.MANAGER: mark("Manager"),
    Role.ADMIN: mark("Administrator"),
}


def role_words(roles: frozenset[Role]) -> str:
    """Return the roles as words, in one order; a person without a role may view.

    >>> role_words(frozenset({Role.OPERATOR, Role.ANALYST})), role_words(frozenset())
    ('Analyst, Operator', 'Viewer')
    """
    return ", ".join(_(words) for role, words in ROLE_WORDS.items() if role in (roles or {Role.VIEWER}))
