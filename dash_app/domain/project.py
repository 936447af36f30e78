"""Projects, people and their rights: what a user selects, and what the role allows. Tables, not code."""

from dataclasses import dataclass
from enum import StrEnum


class ProjectType(StrEnum):
    """The project categories of the energy API; an unknown one is treated as NORMAL."""

    NORMAL = "normalprojects"
    ABNORMAL = "abnormal projects"
    TEMPERATURE = "dashBoardTest"
    PV = "pvTestProject"

    @classmethod
    def parse(cls, text: str) -> "ProjectType":
        """Return the type for the API's spelling, blanks and case forgiven.

        >>> ProjectType.parse(" PVTestProject ")
        <ProjectType.PV: 'pvTestProject'>
        >>> ProjectType.parse("something new")
        <ProjectType.NORMAL: 'normalprojects'>
        """
        wanted = text.strip().lower()
        return next((kind for kind in cls if kind.value.lower() == wanted), cls.NORMAL)


PV_FIRST = frozenset({ProjectType.PV})
"""The types whose home begins with what is produced; that of the others begins with the demand."""


class Role(StrEnum):
    """Roles per project. No hierarchy is implied: see RIGHTS."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    OPERATOR = "operator"
    MANAGER = "manager"
    ADMIN = "admin"


class Right(StrEnum):
    """What a role may do; COLLEAGUES is to see when those who act on the project signed in."""

    VIEW = "view"
    RECOMPUTE = "recompute"
    STOP = "stop"
    APPROVE = "approve"
    STATUS = "status"
    DEVICES = "devices"
    COLLEAGUES = "colleagues"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.VIEW}),
    Role.ANALYST: frozenset({Right.VIEW, Right.RECOMPUTE, Right.STATUS}),
    Role.OPERATOR: frozenset({Right.VIEW, Right.RECOMPUTE, Right.STATUS, Right.STOP}),
    Role.MANAGER: frozenset({Right.VIEW, Right.RECOMPUTE, Right.STATUS, Right.STOP, Right.APPROVE, Right.COLLEAGUES}),
    Role.ADMIN: frozenset({Right.VIEW, Right.STATUS, Right.STOP, Right.DEVICES, Right.COLLEAGUES}),
}


def rights_of(roles: frozenset[Role]) -> frozenset[Right]:
    """Return everything that any of `roles` allows; no role at all is a viewer.

    >>> sorted(rights_of(frozenset({Role.ANALYST})))
    [<Right.RECOMPUTE: 'recompute'>, <Right.STATUS: 'status'>, <Right.VIEW: 'view'>]
    """
    return frozenset().union(*(RIGHTS[role] for role in roles or {Role.VIEWER}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a user selects: one entry of the sign-in answer."""

    project_id: str
    name: str
    type: ProjectType
    measurand_ids: tuple[str, ...]
    roles: frozenset[Role] = frozenset({Role.VIEWER})

    def allows(self, right: Right) -> bool:
        """Return whether this person's roles on this project allow `right`."""
        return right in rights_of(self.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is signed in."""

    user_id: str
    name: str
    email: str
