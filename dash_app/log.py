"""Logging: facts at boundaries, one line each on stderr; secrets are blotted out before anything is written."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_KEYS = frozenset(
    {"password", "token", "access_token", "refresh_token", "authorization", "cookie", "secret", "secret_key"}
)
BLOT = "***"
REPORTED_BY_US = ("pymodbus",)
"""Libraries whose every failure we log ourselves, with the facts."""


def configure(level: str) -> None:
    """Send structlog and the standard library's loggers to stderr at `level`; a bad level is INFO."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            blot_secrets,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(bool_as_flag=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )
    for name in REPORTED_BY_US:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.basicConfig(
        level=max(number, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )


def _to_stderr(*_names: object) -> structlog.PrintLogger:
    """Return a logger on what stderr is now, not on what it was when logging was configured."""
    return structlog.PrintLogger(file=sys.stderr)


def blot_secrets(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every key that names a secret."""
    return {key: BLOT if key.lower() in SECRET_KEYS else value for key, value in event.items()}
