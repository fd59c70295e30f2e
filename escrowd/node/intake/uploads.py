"""Which file may come: one that a signed and fresh statement names, and no larger than it says.

The statement itself comes after its files. So everything about it that can be judged without them is judged
here, and a stranger cannot make the node write a byte.

What a provider may store is bounded. A full store must not keep a client from what follows a theft or a
change (P7), and what is older goes only in time. So above the bound there is room that first deposits do not
get: an eighth of the bound for bundles that replace one, a second one for those with new cards, a third one
for small files, without which neither can come.
"""

from dataclasses import dataclass

from escrowd.core.statements import Deposit, Enrol, NewTimings, Statement
from escrowd.core.terms import Terms
from escrowd.core.wire import MAX_NAMES_FILE, MAX_PEOPLE, MAX_SMALL_FILE, FileOf
from escrowd.errors import ConflictError, InputError, RefusedError, UnavailableError
from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.deposits import largest
from escrowd.node.intake.reception import read_statement, was_taken
from escrowd.node.invitations import check_invitation
from escrowd.node.store import Connection
from escrowd.node.store.deposits import newest, record_file, stored_bytes
from escrowd.node.store.providers import invitation_used

_REPLACES, _NEW_CARDS, _SMALL = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that may come, ``limit`` bytes at most. ``size``: as signed, None where only the hash was."""

    provider: str
    sha256: str
    size: int | None
    limit: int


async def authorise_upload(context: NodeContext, sha256: str, compact: str) -> Upload:
    """What may come under this hash.

    Raises as ``read_statement``, ``Nonces.check`` and, for an enrolment, ``check_invitation``;
    ``ConflictError`` ``invitation.used``, ``statement.jti-reused``; ``RefusedError`` ``file.not-named``
    (field ``sha256``), ``file.quota`` (fields ``stored``, ``limit``: bytes; what is there stays, P7);
    ``InputError`` ``deposit.file-too-large``.
    """
    statement = await read_statement(context, compact)
    if await was_taken(context, statement) is None:
        # A statement that was taken is sent again, files and all, when its receipt was lost: its nonce may
        # be dead.
        context.nonces.check(statement.nonces[context.fingerprint], statement.sha256)
        await _check_enrolment(context, statement)
    upload = _named(statement, sha256)
    stored, eighths = await context.store.read(
        lambda tx: (stored_bytes(tx, upload.provider, but=sha256), _reserve(tx, statement, sha256))
    )
    limit = context.config.limits.provider_bytes
    if stored + upload.limit > limit + limit // 8 * eighths:
        raise RefusedError("file.quota", stored=stored, limit=limit)
    return upload


def _reserve(tx: Connection, statement: Statement, sha256: str) -> int:
    """How many eighths above the bound a file may take."""
    body = statement.body
    if not isinstance(body, Deposit):
        return _SMALL
    if sha256 not in {file.sha256 for name, file in body.files.items() if largest(name) > MAX_SMALL_FILE}:
        return _SMALL
    before = newest(tx, statement.provider, body.client)
    if before is None:
        return 0
    return _NEW_CARDS if set(body.sets) - set(before.sets) else _REPLACES


async def _check_enrolment(context: NodeContext, statement: Statement) -> None:
    body = statement.body
    if not isinstance(body, Enrol):
        return
    invitation = check_invitation(body.invitation, node=context.fingerprint, wall=context.clock.wall())
    if await context.store.read(lambda tx: invitation_used(tx, invitation.id)):
        raise ConflictError("invitation.used")


def _named(statement: Statement, sha256: str) -> Upload:
    body = statement.body
    if isinstance(body, Enrol | NewTimings | Terms) and body.people_sha256 == sha256:
        return Upload(statement.provider, sha256, None, MAX_PEOPLE)
    if isinstance(body, Deposit):
        if body.names_sha256 == sha256:
            return Upload(statement.provider, sha256, None, MAX_NAMES_FILE)
        for name, file in body.files.items():
            if file.sha256 == sha256:
                if file.size > largest(name):
                    raise InputError("deposit.file-too-large", name=name, size=file.size, limit=largest(name))
                return Upload(statement.provider, sha256, file.size, file.size)
    raise RefusedError("file.not-named", sha256=sha256)


async def record_upload(context: NodeContext, upload: Upload, size: int) -> None:
    """Record a file that is in place and synced, or renew its record.

    Raises ``UnavailableError`` ``file.vanished`` (it was cleaned up at this very moment: send it again).
    """
    file = FileOf(sha256=upload.sha256, size=size)

    def record(tx: Connection) -> None:
        if not (context.store.files / upload.sha256).is_file():
            raise UnavailableError("file.vanished", sha256=upload.sha256)
        record_file(tx, file, provider=upload.provider, awake=context.clock.now().awake)

    await context.store.write(record)
