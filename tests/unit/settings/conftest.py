"""A settings file to break, and two kinds of channel that need no messenger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import pytest
from pydantic import SecretStr

from hub.channels import Kind
from hub.settings import Problem, Settings, SettingsErrors, load
from router.lines import Name
from router.strict import Strict


class Site(Strict):
    """A channel without secrets."""

    kind: Literal["site"]
    line: Name
    origins: tuple[str, ...] = ()
    #: messages in a minute
    rate: int = 5


class Messenger(Strict):
    """A channel with a secret."""

    kind: Literal["messenger"]
    line: Name
    token: SecretStr
    extra: SecretStr | None = None


def _never_built(name: str, settings: object) -> None:
    raise AssertionError(f"reading settings must not build {name}")


KINDS: Mapping[str, Kind] = {"site": Kind(Site, _never_built), "messenger": Kind(Messenger, _never_built)}

GOOD = """\
hub:
  port: 0
channels:
  shop:
    kind: site
    line: sales
lines:
  sales:
    name: Sales
    operators: [anna]
    distribution: strict
operators:
  anna:
    name: Anna
"""

Loads = Callable[..., Settings]
Refuses = Callable[..., list[Problem]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


@pytest.fixture
def loads(path: Path) -> Loads:
    """Write a text to the file and load it."""

    def write_and_load(text: str | bytes, **env: str) -> Settings:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path, env, KINDS)

    return write_and_load


@pytest.fixture
def refuses(loads: Loads) -> Refuses:
    """Write a text to the file and return what is wrong with it."""

    def problems(text: str | bytes, **env: str) -> list[Problem]:
        with pytest.raises(SettingsErrors) as caught:
            loads(text, **env)
        return caught.value.problems

    return problems
