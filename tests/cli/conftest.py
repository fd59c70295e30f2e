"""One world for each test process, made through the real command line; each test takes a copy."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.cli_world import Desk, shared_desk, with_node


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Desk]:
    """A desk with a running node and two deposits; copy it, do not change it."""
    with _world(tmp_path_factory, worker_id) as desk:
        yield desk


@pytest.fixture
def lone_desk(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Desk]:
    """A desk with a node of its own, for new revisions: a node that saw one refuses those of other copies."""
    with _world(tmp_path_factory, worker_id) as desk:
        yield desk


@contextmanager
def _world(factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Desk]:
    mine = factory.mktemp("world")
    base = factory.getbasetemp()
    folder = shared_desk(base if worker_id == "master" else base.parent)
    with with_node(Desk(folder).copy(mine / "desk"), mine / "stage") as desk:
        yield desk


@pytest.fixture
def desk(enrolled: Desk, tmp_path: Path) -> Desk:
    """A copy of the desk. The node is the same for all tests of this process."""
    return enrolled.copy(tmp_path / "desk")
