"""What the handler of a statement works with, and what it answers."""

from dataclasses import dataclass

from escrowd.core.statements import Statement
from escrowd.core.switch import Facts, NodeFacts
from escrowd.node.clock import Now
from escrowd.node.intake.context import NodeContext
from escrowd.node.store import Connection


@dataclass(frozen=True, slots=True)
class Taking:
    """A statement in the transaction that takes it.

    ``root``: the provider's root key (public). ``facts``: the provider's switch before it. ``node``: what
    holds for every switch.
    """

    tx: Connection
    context: NodeContext
    now: Now
    statement: Statement
    root: bytes
    facts: Facts
    node: NodeFacts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handler makes of a statement.

    ``facts``: of the switch, before the check-in that a typed statement is as well. ``client``: whose
    deposit the receipt speaks of, "" for none. ``pause``: seconds, of a check-in that begins one.
    """

    facts: Facts
    client: str = ""
    pause: int = 0
