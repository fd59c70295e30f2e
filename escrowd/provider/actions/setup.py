"""``escrow setup``: what of the first evening is done, and which step comes next.

1. Nothing is remembered of a run: what is done is seen in the workspace. So a step counts however it was
   done, and a run that was broken off goes on where it stopped.
2. The next step is the first in the order that is not done, was not put off in this run, and waits for
   nothing.
3. A step waits for those that it needs, and never for one that a firm may lack: without a node there are
   cards and a kit, and without a successor there are cards.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from escrowd.core.terms import OWN
from escrowd.errors import InputError
from escrowd.provider import estate
from escrowd.provider.memory import recall
from escrowd.provider.records import ClientRecord
from escrowd.provider.workspace import Session

Step = Literal["workspace", "node", "client", "people", "successor", "vault", "cards", "deposit", "kit"]
STEPS: Final[tuple[Step, ...]] = (
    "workspace", "node", "client", "people", "successor", "vault", "cards", "deposit", "kit",
)  # fmt: skip
NEEDS: Final[Mapping[Step, tuple[Step, ...]]] = {
    "workspace": (),
    "node": ("workspace",),
    "client": ("workspace",),
    "people": ("client",),
    "successor": ("client",),
    "vault": ("client",),
    "cards": ("people",),
    "deposit": ("node", "vault", "cards"),
    "kit": ("vault", "cards"),
}
"""What must be done before a step can be (rule 3)."""


@dataclass(frozen=True, slots=True)
class Evening:
    """How far a first evening has come. ``client``: whose it is, None while there is nobody."""

    done: frozenset[Step] = frozenset()
    client: str | None = None


def next_step(evening: Evening, put_off: Collection[Step] = ()) -> Step | None:
    """The step to take now (rule 2), or None: what is not done then was put off, or waits for what was."""
    for step in STEPS:
        if step not in evening.done and step not in put_off and not waits_for(evening, step):
            return step
    return None


def waits_for(evening: Evening, step: Step) -> tuple[Step, ...]:
    """What a step needs that is not done."""
    return tuple(need for need in NEEDS[step] if need not in evening.done)


def evening_of(session: Session, client: str | None = None) -> Evening:
    """How far it has come with a client (rule 1).

    Parameters: ``client``, an id that need not exist yet; None: the first client that there is.
    Raises ``InputError`` ``setup.own`` for the provider's own estate, whose steps are others;
    ``client.ended``; ``IntegrityError`` as ``estate.opened``.
    """
    done: set[Step] = {"workspace"}
    if session.vault.nodes:
        done.add("node")
    record = _client(session, client)
    if record is None:
        return Evening(frozenset(done), client)
    roles = {one.role for one in record.beneficiaries}
    with estate.opened(session, record.id) as payload:
        entries = len(payload.bundle.entries)
    there: dict[Step, bool] = {
        "client": True,
        "people": "client" in roles,
        "successor": "successor" in roles,
        "vault": entries > 0,
        "cards": bool(record.sets),
        "deposit": _is_deposited(session, record.id),
        "kit": record.kit is not None,
    }
    return Evening(frozenset(done | {step for step, is_so in there.items() if is_so}), record.id)


def _client(session: Session, client: str | None) -> ClientRecord | None:
    if client == OWN:
        raise InputError("setup.own")
    records = [one for one in session.vault.clients if one.id != OWN]
    first = next((one.id for one in records if one.ended is None), None)
    wanted = client or first
    return next((session.client(one.id) for one in records if one.id == wanted), None)


def _is_deposited(session: Session, client: str) -> bool:
    """Whether every node gave its receipt for a deposit of the client."""
    nodes = session.vault.nodes
    return bool(nodes) and all(
        f"deposit/{client}" in recall(session.folder, node.fingerprint).told for node in nodes
    )
