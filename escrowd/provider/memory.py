"""What the workspace remembers of each node: the last head, the last standing, and what the node was told.

Read without a passphrase (``status`` needs it), so it holds no name and no secret. The head is what makes a
node that went back stand out (P8): a ledger shorter than one seen before belongs to a restored copy.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from escrowd.core.ledger import EMPTY, Head
from escrowd.core.statements import Receipt, peek
from escrowd.core.strict import Compact, Count, Fingerprint, Hex32, Wall, parse, read
from escrowd.core.wire import DepositStanding, HeadOf, PaidUntil, SeenHead, Standing
from escrowd.errors import InputError, IntegrityError
from escrowd.machine.files import write_atomic
from escrowd.provider.records import MAX_TABLE_BYTES, Record, dump

FOLDER: Final = "nodes"


class Told(Record):
    """What a receipt confirms.

    ``digest``: of the body; ``statement``: SHA-256 of its compact string; ``seq`` and ``hash``: the ledger
    entry that records it; ``files``: the hashes of what came with it, which need not be sent again.
    """

    digest: Hex32
    statement: Hex32 | None = None
    seq: Count
    hash: Hex32
    told: Wall
    revision: Count | None = None
    files: tuple[Hex32, ...] = ()


class NodeMemory(Record):
    """One node. ``told``: by subject (``timings``, ``terms/<client>``, ``deposit/<client>`` …)."""

    schema_: Annotated[Literal["escrow-node-memory/1"], Field(alias="schema")] = "escrow-node-memory/1"
    node: Fingerprint
    head: HeadOf = HeadOf(seq=EMPTY.seq, hash=EMPTY.hash)
    standing: Standing | None = None
    heard: Wall | None = None
    told: dict[str, Told] = Field(default_factory=dict)
    #: until when the operator has paid for what the node needs, as the node says
    paid: PaidUntil = PaidUntil()
    #: the newest receipt, by which a node that went back is shown its own word
    receipt: Compact | None = None
    #: the highest head seen, from when the node went back behind it until it was told again what it lost
    went_back_from: HeadOf | None = None

    @property
    def shown(self) -> SeenHead:
        """What the node is shown: the head in its newest receipt, which proves it, else the last seen."""
        if self.receipt is None:
            return SeenHead(seq=self.head.seq, hash=self.head.hash)
        said = parse(Receipt, peek(self.receipt).payload)
        return SeenHead(seq=said.seq, hash=said.head, receipt=self.receipt)

    def deposit(self, client: str) -> DepositStanding | None:
        """What the node said last of a client's deposit."""
        held = self.standing.deposits if self.standing is not None else ()
        return next((one for one in held if one.client == client), None)

    @property
    def held(self) -> frozenset[str]:
        """The clients whose deposit the node holds: by its receipts, or, after a restore, by its own word."""
        told = {subject.partition("/")[2] for subject in self.told if subject.startswith("deposit/")}
        said = self.standing.deposits if self.standing is not None else ()
        return frozenset(told | {one.client for one in said if one.revision is not None})

    def after_receipt(self, standing: Standing) -> Standing:
        """The standing of a receipt, which holds one deposit only, with what was known of the others."""
        told = {one.client for one in standing.deposits}
        others = self.standing.deposits if self.standing is not None else ()
        kept = (one for one in others if one.client not in told)
        return standing.model_copy(update={"deposits": (*standing.deposits, *kept)})

    @property
    def last(self) -> Head:
        """The last head seen."""
        return Head(self.head.seq, self.head.hash)


def recall(folder: Path, node: str) -> NodeMemory:
    """What the workspace in ``folder`` knows of the node; nothing yet is no error.

    Raises ``IntegrityError`` ``workspace.damaged`` (``file``).
    """
    path = _path(folder, node)
    try:
        return read(NodeMemory, path.read_bytes(), max_bytes=MAX_TABLE_BYTES)
    except FileNotFoundError:
        return NodeMemory(node=node)
    except InputError:
        raise IntegrityError("workspace.damaged", file=f"{FOLDER}/{path.name}") from None


def remember(folder: Path, memory: NodeMemory) -> None:
    """Keep it on disk."""
    write_atomic(_path(folder, memory.node), dump(memory))


def _path(folder: Path, node: str) -> Path:
    return folder / FOLDER / f"{node}.json"
