"""Settings: flag > environment > .env > default. The only reader of the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from dash_app.domain.errors import ConfigError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MIN_SECRET_LENGTH = 32


class Settings(BaseSettings):
    """What a deployment decides. Names are the environment variables of `.env.example`, in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    energy_api_url: str = Field("", description="Base URL of the energy API; empty starts the embedded edge.")
    energy_api_login_path: str = Field("/customers/login", description="Path of the sign-in call.")
    energy_api_user: str = Field("", description="E-mail of the service account that the planner and dispatcher use.")
    energy_api_password: str = Field("", repr=False, description="Password of the service account.")
    sites_file: Path | None = Field(None, description="YAML: what the energy API does not say about each project.")
    devices_file: Path | None = Field(None, description="YAML: the devices that may be controlled.")
    state_dir: Path = Field(Path("var"), description="Everything durable: plan store, keys, sockets. Local disk.")
    cache_dir: Path | None = Field(None, description="Measurement cache; default: STATE_DIR/cache.")
    data_timeout_minutes: int = Field(3000, gt=0, description="Age after which a cached measurement row is purged.")
    secret_key: str = Field("", repr=False, description="Signs cookies, encrypts tokens; at least 32 characters.")
    audit_key: str = Field("", repr=False, description="Signs the audit trail's newest hash; at least 32 characters.")
    audit_export_dir: Path | None = Field(None, description="Signed hashes go here daily; default: STATE_DIR/audit.")
    smtp_url: str = Field("", repr=False, description="Mail server of notices: smtp[s]://user:password@host:port.")
    notify_from: str = Field("", description="Sender of notices by e-mail; default: the first of NOTIFY_EMAIL.")
    notify_email: str = Field("", description="Addresses that get notices by e-mail, separated by commas.")
    notify_webhook: str = Field("", repr=False, description="Addresses that notices are posted to.")
    webhook_allow: str = Field("", description="Hosts, addresses, networks that webhooks may reach.")
    webhook_secret: str = Field("", repr=False, description="Signs what is posted (HMAC-SHA256).")
    quiet_hours: str = Field("", description="Hours of the site in which only urgent notices are sent.")
    host: str = Field("127.0.0.1", description="Address to listen on; anything but loopback means production.")
    port: int = Field(8050, ge=0, le=65535, description="Port of the app; the next free one when busy.")
    public_url: str = Field("", description="The https address people use; required in production.")
    map_style_url: str = Field("", description="MapLibre style, all of it from one origin; empty: our outlines.")
    database_url: str = Field("", description="Reserved: only SQLite under STATE_DIR is supported now.")
    redis_url: str = Field("", description="Reserved: must be empty now.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    dev_pages: bool = Field(False, description="Development pages and debug output; refused in production.")

    @classmethod
    def from_env(cls, **flags: object) -> Settings:
        """Return the settings of this process; raise ConfigError with one sentence naming what is wrong."""
        given = {name: value for name, value in flags.items() if value is not None}
        try:
            return cls(**given)  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"]).upper()
            raise ConfigError(f"{name}: {first['msg']} (got {first['input']!r})") from None

    @property
    def production(self) -> bool:
        """Whether somebody other than this machine can reach the app."""
        return self.host not in LOOPBACK

    @property
    def embedded_edge(self) -> bool:
        """Whether the demo's own API and plant are to be started."""
        return not self.energy_api_url and self.devices_file is None

    @property
    def cache_path(self) -> Path:
        """The folder of the measurement cache."""
        return self.cache_dir or self.state_dir / "cache"

    @property
    def data_timeout(self) -> timedelta:
        """The age after which a cached row is purged."""
        return timedelta(minutes=self.data_timeout_minutes)

    @property
    def store_url(self) -> str:
        """The SQLAlchemy address of the plan store."""
        return self.database_url or f"sqlite:///{(self.state_dir / 'plans.sqlite').absolute()}"

    @property
    def audit_path(self) -> Path:
        """The folder that the signed heads of the audit trail are exported to."""
        return self.audit_export_dir or self.state_dir / "audit"

    @property
    def dispatcher_socket(self) -> Path:
        """The Unix socket on which the dispatcher hears `release`."""
        return self.state_dir / "dispatcher.sock"


def check_reserved(settings: Settings) -> None:
    """Refuse what is reserved for later, with one sentence each; raise ConfigError."""
    if settings.database_url and not settings.database_url.startswith("sqlite"):
        raise ConfigError("DATABASE_URL: only SQLite is supported now; leave it empty.")
    if settings.redis_url:
        raise ConfigError("REDIS_URL: not supported now; leave it empty.")


def check_keys(settings: Settings) -> None:
    """Refuse a key that is set but too short to sign with; raise ConfigError."""
    if 0 < len(settings.audit_key) < MIN_SECRET_LENGTH:
        raise ConfigError(f"AUDIT_KEY: {len(settings.audit_key)} characters are too short; {MIN_SECRET_LENGTH} needed.")


def check_production(settings: Settings, *, secret_generated: bool) -> None:
    """Refuse to be reachable from outside with anything that is only good enough for a demo; raise ConfigError."""
    if not settings.production:
        return
    if secret_generated:
        raise ConfigError(f"SECRET_KEY: set one of at least {MIN_SECRET_LENGTH} characters before listening on HOST.")
    if len(settings.secret_key) < MIN_SECRET_LENGTH:
        raise ConfigError(
            f"SECRET_KEY: {len(settings.secret_key)} characters are too short; {MIN_SECRET_LENGTH} needed."
        )
    if settings.embedded_edge:
        raise ConfigError("ENERGY_API_URL: demo accounts may only be reached from this machine; set your own API.")
    if settings.dev_pages or settings.log_level.upper() == "DEBUG":
        raise ConfigError("DEV_PAGES, LOG_LEVEL: debug output and development pages are refused in production.")
    if not settings.public_url.startswith("https://"):
        raise ConfigError("PUBLIC_URL: set the https:// address that people use.")
