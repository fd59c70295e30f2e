"""A vault of 41 groups and 600 entries, brought into the bundles of 40 clients, and brought again."""

import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from bench.figures import Figure, seconds
from escrowd.provider.workspace import Workspace

CLIENTS, ENTRIES = 40, 600
TESTS = Path(__file__).resolve().parents[1] / "tests"


def figures() -> Iterator[Figure]:
    """The first sync, one without any change, one with ten changes."""
    sys.path.insert(0, str(TESTS))  # the vault and the workspace are those of the tests
    world = import_module("provider.provider_world")
    vaults = import_module("provider.vault_world")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vault = vaults.make_vault(folder / "vault.kdbx", CLIENTS, ENTRIES)
        with Workspace(world.make_workspace(folder / "workspace")) as workspace:
            session = workspace.unlock(world.typed())
            names = vaults.add_clients(session, CLIENTS)
            first = seconds(lambda: vaults.synced(session, vault.path, given=names))
            yield _figure("first sync, 41 groups to 40 clients", first, 60)
            again = seconds(lambda: vaults.synced(session, vault.path))
            yield _figure("second sync, nothing changed", again, 5)
            for number in range(10):
                vault.entry(names[number]).password = f"neu-{number}"
            vault.save()
            changed = seconds(lambda: vaults.synced(session, vault.path))
            yield _figure("sync of ten changes", changed, 10)


def _figure(what: str, measured: float, allowed: int) -> Figure:
    return Figure(what, f"{measured:.2f} s", f"{allowed} s allowed", measured / allowed, at_most=1)
