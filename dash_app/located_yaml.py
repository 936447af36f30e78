"""YAML files people write by hand: every error names the file, the line and the key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from dash_app.domain.errors import ConfigError

Location = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """What a YAML file holds, and on which line each key stands."""

    path: Path
    data: Any
    lines: dict[Location, int]

    def where(self, location: Location) -> str:
        """Return "file:line key.path" for a location, or for its nearest parent that the file has."""
        known = location
        while known and known not in self.lines:
            known = known[:-1]
        return f"{self.path.name}:{self.lines.get(known, 1)} {'.'.join(str(part) for part in location)}"


def read_located(path: Path) -> Located:
    """Return the file's content; raise ConfigError when it cannot be read or is not YAML."""
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {error}") from None
    lines: dict[Location, int] = {}
    if root is not None:
        _collect(root, (), lines)
    return Located(path=path, data=data, lines=lines)


def parse_located(located: Located, model: type[Model]) -> Model:
    """Return the content as `model`; raise ConfigError with file, line and key of the first fault."""
    try:
        return model.model_validate(located.data)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{located.where(first['loc'])}: {first['msg']}") from None


def _collect(node: yaml.Node, at: Location, lines: dict[Location, int]) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[(*at, key.value)] = key.start_mark.line + 1
            _collect(value, (*at, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            _collect(value, (*at, place), lines)
