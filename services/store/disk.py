"""Where the plan store may lie: on a disk of this machine, readable by this user only."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path

from dash_app.domain.errors import ConfigError

NETWORK_FILESYSTEMS = {
    0x6969: "NFS",
    0x517B: "SMB",
    0xFF534D42: "CIFS",
    0xFE534D42: "SMB2",
    0x01021997: "9P",
    0x00C36400: "Ceph",
    0x5346414F: "AFS",
    0x73757245: "Coda",
    0x65735546: "FUSE",
}
"""The numbers that statfs(2) gives; SQLite's locks and shared memory cannot be trusted on any of these."""

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def filesystem_of(folder: Path) -> int:
    """Return the magic number of the file system that holds `folder`."""
    libc = ctypes.CDLL(None, use_errno=True)
    answer = ctypes.create_string_buffer(256)
    if libc.statfs(os.fsencode(folder), answer) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    return ctypes.c_long.from_buffer(answer).value & 0xFFFFFFFF


def check_local_disk(folder: Path, kind_of: Callable[[Path], int] = filesystem_of) -> None:
    """Make `folder` if needed; raise ConfigError when it cannot be made or lies on a network file system."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        kind = NETWORK_FILESYSTEMS.get(kind_of(folder))
    except OSError as error:
        raise ConfigError(f"STATE_DIR: {folder} cannot be used: {error.strerror}.") from error
    if kind is not None:
        raise ConfigError(
            f"STATE_DIR: {folder} is on a network file system ({kind}); the plan store needs a local disk."
        )


def make_private(path: Path) -> None:
    """Create the file if needed and let only this user read it; raise ConfigError when that is not possible."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE))
        path.chmod(PRIVATE_FILE)
    except OSError as error:
        raise ConfigError(f"STATE_DIR: {path} cannot be written: {error.strerror}.") from error
