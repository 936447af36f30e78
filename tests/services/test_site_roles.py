"""Roles of SITES_FILE stand in where the energy API names none, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from dash_app.domain.project import Role
from services.site_roles import SiteRoles
from tests.fakes.api import FakeSites
from tests.fakes.people import a_sign_in
from tests.fakes.places import SITE

SITES = FakeSites(replace(SITE, roles_by_email={"max@example.org": frozenset({"manager"})}))
NOBODY = frozenset[Role]()


def roles(answer) -> frozenset[Role]:
    return answer.projects[0].roles


def test_an_unnamed_role_comes_from_the_sites_file() -> None:
    assert roles(SiteRoles(SITES).filled(a_sign_in("Max@Example.org", roles=NOBODY))) == {Role.MANAGER}


def test_a_role_that_the_api_named_is_never_raised() -> None:
    viewer = frozenset({Role.VIEWER})
    assert roles(SiteRoles(SITES).filled(a_sign_in(roles=viewer))) == viewer


def test_a_person_the_file_does_not_name_stays_without_a_role() -> None:
    assert roles(SiteRoles(SITES).filled(a_sign_in("eve@example.org", roles=NOBODY))) == NOBODY


def test_a_refreshed_answer_without_an_email_keeps_the_role() -> None:
    filling = SiteRoles(SITES)
    signed_in = a_sign_in(roles=NOBODY)
    filling.filled(signed_in)
    assert roles(filling.filled(replace(signed_in, person=replace(signed_in.person, email="")))) == {Role.MANAGER}
