"""Workspaces for the tests of the provider's side, made by the real ``init``."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from provider.provider_world import make_workspace, typed

from escrowd.provider.workspace import Session, Workspace


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace just after ``init``; copy it, do not change it."""
    return make_workspace(tmp_path_factory.mktemp("founded") / "workspace")


@pytest.fixture
def workspace(founded: Path, tmp_path: Path) -> Path:
    """A fresh copy of a workspace just after ``init``."""
    return Path(shutil.copytree(founded, tmp_path / "workspace"))


@pytest.fixture
def session(workspace: Path) -> Iterator[Session]:
    """The copy, locked, and unlocked with a typed passphrase."""
    with Workspace(workspace) as held:
        yield held.unlock(typed())
