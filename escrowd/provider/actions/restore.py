"""``escrow restore``: an empty workspace, from two provider's cards and one node.

The cards open ``provider-key.age``, whose root seed appoints a new daily key: the old one may lie on a stolen
laptop. Signed by the root itself, the appointment counts at once, and when the passphrase was typed it is a
sign of life as well. Then the root is forgotten again. A node that did not answer hears of the new key by
``checkin`` with two cards.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from escrowd.core.keys import ProviderKey, SigningKey, fingerprint, new_id
from escrowd.core.manifest import MAX_CHAIN
from escrowd.core.shares import Card, open_provider_key, parse_card
from escrowd.core.statements import sign_appointment, sign_restore
from escrowd.core.wire import BUNDLE_FILE, MANIFEST_FILE, FileOf, NodeInfo, RestoreAnswer, RestoreRequest
from escrowd.errors import CardError, IntegrityError
from escrowd.machine.files import new_private_folder, write_atomic_stream
from escrowd.machine.secret_input import Secret
from escrowd.provider import estate
from escrowd.provider.actions.init import Founding, check_empty
from escrowd.provider.memory import NodeMemory, remember
from escrowd.provider.node_client import NodeClient
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import ClientRecord, NodeRecord
from escrowd.provider.sending import NodeReport, Signer, appointment_errand, fetch_file, tell, to_each
from escrowd.provider.workspace import Session, check_new_passphrase, open_table

_CARDS = 2


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. ``without_bundle``: clients of whom the node held no bundle; theirs is empty now.

    ``nodes``: what became of the appointment, and of the check-in, at each node; ``checked_in``: whether a
    node took it.
    """

    folder: Path
    root_fingerprint: str
    clients: tuple[str, ...]
    without_bundle: tuple[str, ...]
    nodes: tuple[NodeReport, ...]
    checked_in: bool


def restore(
    folder: Path,
    *,
    node_url: str,
    cards: Sequence[str],
    passphrase: Secret,
    now: int,
    agreed: Callable[[str], None] = lambda _: None,
    progress: Progress = silent,
) -> Restored:
    """Build a workspace in ``folder``, which must be empty or not there.

    Parameters: ``cards``, the texts of two provider's cards; ``passphrase``, the new one. Typed at the
    terminal, it makes the root check in at once; ``agreed``, gets the root's fingerprint before anything is
    made or stated, and raises when it is not the one on the cards.
    Raises ``ConflictError`` ``workspace.exists``; ``InputError`` ``passphrase.too-short``; ``CardError`` as
    ``parse_card`` (with ``card``, counted from 1), ``card.not-provider``, ``card.two-needed``,
    ``card.key-mismatch``; ``IntegrityError`` ``restore.other-provider``, ``restore.file-damaged``
    (``client``, ``name``), ``workspace.damaged``; and what the node refuses. Then nothing was made and
    nothing stated.
    """
    check_empty(folder)
    text = check_new_passphrase(passphrase)
    parsed = _cards(cards)
    answer, info = _ask(node_url, parsed, now)
    key_file = bytes.fromhex(answer.provider_key)
    root = open_provider_key(parsed, key_file)
    if fingerprint(root.signing.public) != answer.provider:
        raise IntegrityError("restore.other-provider")
    agreed(answer.provider)
    old = open_table(bytes.fromhex(answer.workspace), root.identity)
    if old.root != root.signing.public.hex():
        raise IntegrityError("restore.other-provider")
    daily = ProviderKey(SigningKey.generate(), root.identity)
    appointment = sign_appointment(root.signing, daily=daily.signing.public, created=now)
    vault = old.model_copy(
        update={
            "daily_seed": daily.seed.hex(),
            "chain": (*old.chain, appointment)[-MAX_CHAIN:],
            "nodes": tuple(
                node.model_copy(update={"url": node_url.rstrip("/")})
                if node.fingerprint == info.fingerprint
                else node
                for node in old.nodes
            ),
        }
    )
    signer = Signer(root.signing, "root")
    with Founding(folder) as founding:
        founding.write(vault, daily, text, key_file)
        session = Session(founding.aside, passphrase.presence, daily.signing, root.identity, vault)
        node = next((one for one in vault.nodes if one.fingerprint == info.fingerprint), None)
        if node is None:
            raise IntegrityError("restore.other-provider")
        remember(session.folder, NodeMemory(node=node.fingerprint, head=answer.head))
        empty = _fetch_estates(session, node, answer, signer=signer, now=now, progress=progress)
        founding.settle()
    session.folder = folder
    errand = appointment_errand(vault)
    reports = to_each(vault.nodes, lambda one: tell(session, one, errand, now=now, signer=signer))
    return Restored(
        folder,
        session.provider,
        tuple(record.id for record in vault.clients),
        empty,
        reports,
        passphrase.presence == "typed" and any(report.accepted for report in reports),
    )


def _cards(texts: Sequence[str]) -> tuple[Card, ...]:
    cards = []
    for number, text in enumerate(texts, start=1):
        try:
            cards.append(parse_card(text))
        except CardError as error:
            error.fields["card"] = number
            raise
    if any(card.kind != "provider" for card in cards):
        raise CardError("card.not-provider")
    different = {card.member_index: card for card in cards}
    if len(different) < _CARDS:
        raise CardError("card.two-needed", given=len(different))
    # A third card is simply not needed.
    return tuple(different.values())[:_CARDS]


def _ask(url: str, cards: Sequence[Card], now: int) -> tuple[RestoreAnswer, NodeInfo]:
    client = NodeClient(url)
    try:
        info = client.info()
        first, second = sign_restore(
            [card.signing_key for card in cards],
            nonces={info.fingerprint: client.nonce()},
            jti=new_id() + new_id(),
            iat=now,
        )
        return client.restore(RestoreRequest(proofs=(first, second))), info
    finally:
        client.close()


def _fetch_estates(
    session: Session, node: NodeRecord, answer: RestoreAnswer, *, signer: Signer, now: int, progress: Progress
) -> tuple[str, ...]:
    """Every client's folder. Returns the ids of those of whom the node holds no bundle."""
    deposits = {deposit.client: deposit.files for deposit in answer.deposits}
    empty = []
    for done, record in enumerate(session.vault.clients, start=1):
        files = deposits.get(record.id, {})
        if BUNDLE_FILE in files and MANIFEST_FILE in files:
            _fetch_estate(session, node, record, files, signer=signer, now=now)
        elif record.ended is None:
            estate.create(session, record)
            empty.append(record.id)
        progress(Step("open", record.id, done, len(session.vault.clients)))
    return tuple(empty)


def _fetch_estate(
    session: Session,
    node: NodeRecord,
    record: ClientRecord,
    files: dict[str, FileOf],
    *,
    signer: Signer,
    now: int,
) -> None:
    folder = session.estate(record.id)
    new_private_folder(folder)
    for name, file in files.items():
        if name != BUNDLE_FILE and not name.startswith("key-"):
            continue
        fetch = partial(fetch_file, session, node, file.sha256, now=now, signer=signer)
        write_atomic_stream(folder / name, fetch)
        if estate.file_sha256(folder / name) != file.sha256:
            raise IntegrityError("restore.file-damaged", client=record.id, name=name)
    manifest = io.BytesIO()
    fetch_file(session, node, files[MANIFEST_FILE].sha256, manifest, now=now, signer=signer)
    estate.adopt(session, record, manifest.getvalue().decode("ascii", "replace").strip())
