"""Files in the state folder: written whole or not at all, readable by their owner only."""

import json
import os
from pathlib import Path
from typing import Any


def make_private_folder(folder: Path) -> Path:
    """Make sure that `folder` exists and that only its owner may enter it; return it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, mode 0600."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


def write_private_json(path: Path, value: object) -> None:
    """Replace `path` by `value` as JSON in one step, mode 0600."""
    write_private(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds, None when there is no such file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
