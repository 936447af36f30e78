"""Where the energy API, the sites and the devices are: from the settings, or from the embedded edge's card."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dash_app.domain.errors import ConfigError
from dash_app.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInHint:
    """One demo account, to be told to the person who started the demo."""

    role: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What this process connects to. Whatever is None or empty is off, never replaced by the demo's."""

    api_url: str
    sites_file: Path | None
    devices_file: Path | None
    service_user: str
    service_password: str = field(repr=False)
    demo: bool = False
    sign_ins: tuple[SignInHint, ...] = ()


def edge_folder(settings: Settings) -> Path:
    """Return the folder the embedded edge keeps its state and its card in."""
    return settings.state_dir / "edge"


def connection_of(settings: Settings) -> Connection:
    """Return the connection of `settings`; raise ConfigError when the demo's edge is meant but not running."""
    if settings.embedded_edge:
        card = edge_folder(settings) / "edge.json"
        try:
            return connection_of_card(json.loads(card.read_text(encoding="utf-8")), settings)
        except OSError:
            raise ConfigError(f"{card}: the demo is not running; start it with `energy-dashboard run`.") from None
    return Connection(
        api_url=settings.energy_api_url,
        sites_file=settings.sites_file,
        devices_file=settings.devices_file,
        service_user=settings.energy_api_user,
        service_password=settings.energy_api_password,
    )


def connection_of_card(card: dict[str, Any], settings: Settings) -> Connection:
    """Return the connection an edge card describes; what the settings name goes first."""
    return Connection(
        api_url=card["api_url"],
        sites_file=settings.sites_file or Path(card["sites_file"]),
        devices_file=Path(card["devices_file"]),
        service_user=settings.energy_api_user or card["service_user"],
        service_password=settings.energy_api_password or card["service_password"],
        demo=True,
        sign_ins=tuple(
            SignInHint(role=hint["role"], email=hint["email"], password=hint["password"]) for hint in card["sign_ins"]
        ),
    )
