"""A workspace of very many clients: records, published revisions and a node's memory, made without a network."""

from pathlib import Path
from types import MappingProxyType

from provider.provider_world import NOW, Tray, furnish, typed

from escrowd.core.standing import RequestStanding
from escrowd.core.statements import MANIFEST, sign
from escrowd.core.wire import DepositStanding, Standing
from escrowd.provider import estate
from escrowd.provider.memory import NodeMemory, Told, remember
from escrowd.provider.records import NodeRecord
from escrowd.provider.workspace import Workspace

NODE = "n" * 32
DAY = 86_400
BAD = MappingProxyType({"asked": 3, "behind": 40, "missing": 7, "exposed": 5, "changed": 100})
"""How many clients something is wrong with. All the others are deposited and fine."""


def make_crowd(folder: Path, count: int) -> Path:
    """The workspace in ``folder``, just founded, with ``count`` clients at one node, which nobody reaches."""
    with Workspace(folder) as workspace:
        session = workspace.unlock(typed())
        furnish(session, Tray(), password="Ofenklappe#1987")
        first = session.client("bakery")
        published, _ = estate.publish(session, first, now=NOW)
        names = [f"client-{number:04}" for number in range(count)]
        for name in names:
            home = session.folder / "clients" / name
            revision = home / "revisions" / "2"
            revision.mkdir(parents=True, mode=0o700)
            (home / "bundle.age").hardlink_to(published.bundle)
            (revision / "bundle.age").hardlink_to(published.bundle)
            manifest = published.manifest.model_copy(update={"client": name, "revision": 2})
            claims = manifest.model_dump(mode="json")
            (revision / "manifest.jws").write_text(sign(MANIFEST, claims, session.daily))
        node = NodeRecord(
            fingerprint=NODE,
            public="0a" * 32,
            recipient="age1x",
            url="http://127.0.0.1:9",
            name="Nord",
            operator="provider",
            enrolled=NOW,
        )
        clients = tuple(first.model_copy(update={"id": name, "name": name.title()}) for name in names)
        session.save(session.vault.model_copy(update={"nodes": (node,), "clients": clients}))
        remember(session.folder, _memory(names))
        for name in names[-BAD["changed"] :]:
            (session.folder / "clients" / name / "bundle.age").unlink()
            (session.folder / "clients" / name / "bundle.age").write_bytes(b"changed since")
    return folder


def _memory(names: list[str]) -> NodeMemory:
    """What the node said: a few clients with something wrong, spread by the number in their names."""
    kinds = [kind for kind, much in BAD.items() if kind != "changed" for _ in range(much)]
    wrong = dict(zip(names, kinds, strict=False))
    told = Told(digest="0a" * 32, seq=1, hash="0a" * 32, told=NOW, revision=2)
    standing = Standing(
        phase="current",
        epoch=1,
        node_time=0,
        wall=NOW,
        time_scale=1,
        deadline=NOW + 20 * DAY,
        announced_from=None,
        released_from=None,
        paused_until=None,
        mail_checkins=0,
        hearing="hearing",
        blind=False,
        deposits=tuple(_deposit(name, wrong.get(name, "")) for name in names if wrong.get(name) != "missing"),
    )
    held = [name for name in names if wrong.get(name) != "missing"]
    return NodeMemory(
        node=NODE, standing=standing, heard=NOW, told={f"deposit/{name}": told for name in held}
    )


def _deposit(name: str, wrong: str) -> DepositStanding:
    asked = RequestStanding(
        id="aaaaaaaa", role="client", set=1, state="waiting", opened=NOW, earliest=NOW + DAY
    )
    return DepositStanding(
        client=name,
        revision=1 if wrong == "behind" else 2,
        sets=(1,),
        received=NOW,
        exposed=wrong == "exposed",
        ends=None,
        beneficiaries=(),
        requests=(asked,) if wrong == "asked" else (),
    )
