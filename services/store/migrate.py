"""Bring the file of the plan store to the newest schema when a process starts; refuse what a newer version wrote."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from dash_app.domain.errors import ConfigError
from services.store.disk import make_private
from services.store.engine import Database

SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(database: Database, scripts: Path = SCRIPTS) -> None:
    """Run the missing migrations in one transaction, after a backup; raise ConfigError for a newer schema.

    Two processes that start at once take turns: the second finds nothing to do.
    """
    with _alone(database.path):
        known = ScriptDirectory(str(scripts))
        stands = _revision(database)
        if stands == known.get_current_head():
            return
        if stands is not None:
            _check_known(database.path, stands, known)
            _back_up(database.path, stands)
        _run(database, scripts)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    lock = path.with_name(f"{path.name}.migration")
    make_private(lock)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _revision(database: Database) -> str | None:
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _check_known(path: Path, stands: str, known: ScriptDirectory) -> None:
    if stands not in {script.revision for script in known.walk_revisions()}:
        raise ConfigError(
            f"The plan store {path} was written by a newer version (schema {stands}); start that version."
        )


def _back_up(path: Path, stands: str) -> None:
    copy = path.with_name(f"{path.name}.before-{stands}.backup")
    make_private(copy)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _run(database: Database, scripts: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
