"""Which page an address belongs to.

Dash's own router stays out: it hands every query parameter to the layout, and its `/p/<project_id>` would swallow
`/p/monash/live` as a project of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote


class PageModule(Protocol):
    """What a module in `pages` has: the address, a layout that works without arguments, and its callbacks."""

    PATH: str
    layout: Callable[..., Any]
    register: Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The page of an address, with what stands in the address."""

    page: PageModule
    project_id: str | None


def find_page(pathname: str, pages: Sequence[PageModule]) -> Found | None:
    """Return the page whose path fits `pathname` segment by segment, or None."""
    asked = pathname.strip("/").split("/")
    for page in pages:
        variables = _fit(page.PATH.strip("/").split("/"), asked)
        if variables is not None:
            return Found(page=page, project_id=variables.get("project_id"))
    return None


def _fit(template: Sequence[str], asked: Sequence[str]) -> dict[str, str] | None:
    """Return the variables of a template that fits.

    >>> _fit(["p", "<project_id>", "live"], ["p", "b%20071", "live"])
    {'project_id': 'b 071'}
    >>> _fit(["p", "<project_id>"], ["p", "monash", "live"]), _fit(["status"], ["status"])
    (None, {})
    """
    if len(template) != len(asked):
        return None
    variables: dict[str, str] = {}
    for wanted, given in zip(template, asked, strict=True):
        if wanted.startswith("<"):
            variables[wanted.strip("<>")] = unquote(given)
        elif wanted != given:
            return None
    return None if "" in variables.values() else variables
