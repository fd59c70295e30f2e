"""A deposit is opened, compared and checked when it comes: nothing wrong is found only when it is needed.

1. Each file was brought by this provider, lies on the disk as it was signed, and is no larger than its kind
   may be. Nobody names another's share, even one whose bytes they have: the node would open it for them (P1).
2. The manifest is this provider's, speaks of this client and of this very bundle, of these keys and no
   other sets.
3. It may follow the one that is held: no older revision, no other bytes under the same, no key changed in
   its set, no set dropped or retired: its cards are in people's hands, and the provider's word alone does not
   end them (P7; ``core.sets``). No card of it has the key of a card of another deposit.
4. Each share opens with the node's identity, is a share of the group ``nodes`` of its set, and has the very
   proof key that the manifest names for it. So a wrong share is found today, and not on the day of the
   release.
5. ``provider-key.age`` is the one that the provider's cards open.
6. What was newest before is kept as ``retention`` says: a spoilt last deposit locks nobody out (P7).
7. What it says of the list that the client has on paper is kept for ``printed``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from escrowd.core import sets
from escrowd.core.manifest import NODES, Manifest, ManifestSet, check_successor, verify_manifest
from escrowd.core.seal import unseal_bytes
from escrowd.core.shares import GROUPS, Card, parse_card
from escrowd.core.statements import Deposit, Statement
from escrowd.core.switch import Deposit as Switched
from escrowd.core.switch import Facts, set_deposit, trial_end
from escrowd.core.terms import DAY, Terms
from escrowd.core.wire import (
    BUNDLE_FILE,
    MANIFEST_FILE,
    MAX_FILE,
    MAX_SMALL_FILE,
    PROVIDER_KEY_FILE,
    WORKSPACE_FILE,
    FileOf,
    NamesFile,
    key_file,
    share_file,
)
from escrowd.errors import (
    CardError,
    ConflictError,
    EscrowdError,
    InputError,
    IntegrityError,
    NotFoundError,
    RefusedError,
)
from escrowd.machine.files import is_whole
from escrowd.node import letters, printed
from escrowd.node.asking import Place
from escrowd.node.intake import holding
from escrowd.node.intake.circle import Case
from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.people import read_names
from escrowd.node.intake.taking import Outcome, Taking
from escrowd.node.links import Page
from escrowd.node.orders import Common
from escrowd.node.readers import provider_domains
from escrowd.node.retention import thin_out
from escrowd.node.store.deposits import (
    Held,
    file_of_others,
    load_client,
    load_terms,
    missing_files,
    newest,
    put_deposit,
    set_told,
)
from escrowd.node.store.holders import foreign_keys, put_holders
from escrowd.node.store.people import client_names
from escrowd.node.store.providers import Provider, load_provider, set_newest_files
from escrowd.node.store.rights import add_domains

MAX_WORKSPACE: Final = 16 * 1024 * 1024
"""The largest ``workspace.age``, in bytes: a restore sends it in one JSON body."""
RECEIPT_AGAIN: Final = 30 * DAY * 1000
"""Milliseconds of awake time between two letters about the same set."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A deposit of which all that needs no transaction was checked."""

    compact: str
    manifest: Manifest
    names: NamesFile | None = None


def largest(name: str) -> int:
    """The size, in bytes, that a deposit's file of this name may have."""
    return {BUNDLE_FILE: MAX_FILE, WORKSPACE_FILE: MAX_WORKSPACE}.get(name, MAX_SMALL_FILE)


def prepare_deposit(context: NodeContext, statement: Statement, body: Deposit) -> Checked:
    """Rules 1, 2, 4 and 5, and the names of 7. For a worker thread.

    Raises ``InputError`` ``deposit.file-too-large`` (fields ``name``, ``size``, ``limit``); ``NotFoundError``
    ``file.missing`` (fields ``name``, ``sha256``), ``provider.unknown``; as ``verify_manifest`` and
    ``read_names``;
    ``IntegrityError``: ``manifest.foreign-client``, ``manifest.bundle-differs``, ``manifest.set-unknown``,
    ``manifest.key-differs``, ``manifest.sets-differ``, ``file.provider-key-differs``, and about a share
    ``file.share-not-ours`` (does not open with this node's identity), ``file.share-damaged`` (is no share),
    ``file.share-differs`` (is not the one that the manifest names), each with the field ``set``.
    """
    for name, file in body.files.items():
        if file.size > largest(name):
            raise InputError("deposit.file-too-large", name=name, size=file.size, limit=largest(name))
    provider, missing = context.store.read_now(
        lambda tx: (
            load_provider(tx, statement.provider),
            missing_files(tx, statement.provider, body.files),
        )
    )
    if provider is None:
        raise NotFoundError("provider.unknown", provider=statement.provider)
    if missing:
        raise NotFoundError("file.missing", name=missing[0], sha256=body.files[missing[0]].sha256)
    folder = context.store.files
    for name, file in body.files.items():
        # What the disk lost or changed is asked for again: a receipt says that it is there (P4).
        if not is_whole(folder / file.sha256, file.sha256, file.size):
            raise NotFoundError("file.missing", name=name, sha256=file.sha256)
    manifest, compact = _manifest(folder, body, provider)
    for live in manifest.sets:
        data = (folder / body.files[share_file(live.set)].sha256).read_bytes()
        _check_share(_open_share(data, context.key.identity.text, live.set), live)
    names = None if body.names_sha256 is None else read_names(context, provider.id, body.names_sha256)
    return Checked(compact, manifest, names)


def _manifest(folder: Path, body: Deposit, provider: Provider) -> tuple[Manifest, str]:
    """Rules 2 and 5."""
    data = (folder / body.files[MANIFEST_FILE].sha256).read_bytes()
    manifest = verify_manifest(data, root=provider.id)
    if manifest.client != body.client:
        raise IntegrityError("manifest.foreign-client", expected=body.client, found=manifest.client)
    manifest.check_bundle(body.files[BUNDLE_FILE].sha256)
    for number in body.sets:
        manifest.check_key(number, body.files[key_file(number)].sha256)
    if tuple(live.set for live in manifest.sets) != body.sets:
        raise IntegrityError("manifest.sets-differ", signed=len(manifest.sets), given=len(body.sets))
    if body.files[PROVIDER_KEY_FILE].sha256 != provider.provider_set.key_sha256:
        raise IntegrityError("file.provider-key-differs")
    return manifest, data.decode("ascii").strip()


def _open_share(data: bytes, identity: str, number: int) -> Card:
    """The card in a sealed share. The words stay in this function's caller and in no error (P10)."""
    try:
        text = unseal_bytes(data, [identity])
    except EscrowdError:
        raise IntegrityError("file.share-not-ours", set=number) from None
    try:
        return parse_card(text.decode("ascii"))
    except (CardError, UnicodeDecodeError):
        raise IntegrityError("file.share-damaged", set=number) from None


def _check_share(card: Card, live: ManifestSet) -> None:
    """Rule 4: set, group, and the proof key at the share's own place."""
    group = live.group(NODES)
    fits = (
        card.identifier == live.slip39_id
        and card.group_count == len(GROUPS)
        and card.group_index == GROUPS.index(NODES)
        and card.member_threshold == group.k
        and card.member_index < group.n
        and card.proof_key.hex() == group.proof_keys[card.member_index]
    )
    if not fits:
        raise IntegrityError("file.share-differs", set=live.set)


def take_deposit(taking: Taking, body: Deposit, checked: Checked) -> Outcome:
    """Rules 1 (again), 3, 6 and 7, and the letters to those who hold cards.

    Raises as ``check_successor``; ``NotFoundError`` ``file.missing``; ``ConflictError``
    ``deposit.no-terms`` (field ``client``: nobody would get it), ``terms.nodes-k-differs`` (fields
    ``quoted``, ``valid``); ``RefusedError`` ``deposit.share-foreign``, ``deposit.card-foreign`` (field
    ``set``); as ``sets.deposit``.
    """
    tx, provider, now = taking.tx, taking.statement.provider, taking.now
    # Cleaned up since: rare, and a wrong receipt must not be.
    missing = missing_files(tx, provider, body.files)
    if missing:
        raise NotFoundError("file.missing", name=missing[0], sha256=body.files[missing[0]].sha256)
    terms = load_terms(tx, provider, body.client)
    if terms is None:
        raise ConflictError("deposit.no-terms", client=body.client)
    for live in checked.manifest.sets:
        if file_of_others(tx, provider, body.files[share_file(live.set)].sha256):
            raise RefusedError("deposit.share-foreign", set=live.set)
        if live.group(NODES).k != terms.nodes_k:
            raise ConflictError("terms.nodes-k-differs", quoted=terms.nodes_k, valid=live.group(NODES).k)
    foreign = foreign_keys(tx, provider, body.client, checked.manifest.sets)
    if foreign:
        raise RefusedError("deposit.card-foreign", set=foreign[0])
    before = newest(tx, provider, body.client)
    case = Case(taking.context, Place(tx, now, provider, body.client))
    standing_sets = holding.known_sets(case)
    change = sets.deposit(standing_sets, now.moment.awake, body.sets, case.roles)
    if before is not None:
        _check_follows(taking.context, before, checked, provider)
    put_holders(tx, provider, body.client, checked.manifest.sets)
    deposit = _store(taking, body, checked.manifest, before)
    add_domains(tx, provider, body.client, (*body.domains, *provider_domains(tx, provider)))
    holding.apply(case, standing_sets, change)
    set_newest_files(
        tx,
        provider,
        provider_key=body.files[PROVIDER_KEY_FILE].sha256,
        workspace=body.files[WORKSPACE_FILE].sha256,
    )
    thin_out(tx, provider, body.client, now.moment.node)
    if body.printed is not None:
        printed.hear(case.place, body.printed, checked.names)
    switched = Switched(
        body.client,
        deposit.newest_set,
        terms.beneficiaries,
        witnesses=terms.witnesses,
        trial_ends_awake=trial_end(now.moment),
    )
    facts = set_deposit(taking.facts, switched)
    _tell(taking, deposit, terms, first=before is None, facts=facts, kept=change.sets.kept)
    return Outcome(facts, client=body.client)


def _check_follows(context: NodeContext, before: Held, checked: Checked, provider: str) -> None:
    """Rule 3."""
    file = before.files[MANIFEST_FILE]
    path = context.store.files / file.sha256
    if is_whole(path, file.sha256, file.size):
        check_successor(path.read_text(encoding="ascii"), checked.compact, root=provider)
    elif checked.manifest.revision < before.revision:  # the disk lost it: the rows know so much
        raise ConflictError("manifest.older", seen=before.revision, found=checked.manifest.revision)


def _store(taking: Taking, body: Deposit, manifest: Manifest, before: Held | None) -> Held:
    # The same revision told again (with a renewed workspace.age) reigns since it came first.
    same = before if before is not None and before.revision == manifest.revision else None
    now = taking.now
    # The provider's own two files are renewed with each deposit and belong to no revision.
    own = {PROVIDER_KEY_FILE, WORKSPACE_FILE}
    deposit = Held(
        client=body.client,
        revision=manifest.revision,
        jti=taking.statement.jti,
        sets={live.set: live.slip39_id for live in manifest.sets},
        files={name: file for name, file in body.files.items() if name not in own},
        made_node=same.made_node if same else now.moment.node,
        made_awake=same.made_awake if same else now.moment.awake,
        made_wall=same.made_wall if same else now.wall,
        until_node=None,
    )
    put_deposit(taking.tx, taking.statement.provider, deposit)
    return deposit


def _tell(
    taking: Taking, deposit: Held, terms: Terms, *, first: bool, facts: Facts, kept: tuple[int, ...]
) -> None:
    """Write to each beneficiary at the first deposit and at a new set, else at most once in 30 d."""
    tx, provider, awake = taking.tx, taking.statement.provider, taking.now.moment.awake
    client = load_client(tx, provider, deposit.client)
    last = None if client is None else client.receipt_awake
    new_set = client is None or deposit.newest_set not in client.receipt_sets
    if last is not None and not new_set and awake - last < RECEIPT_AGAIN:
        return
    name = client_names(tx, provider).get(deposit.client, deposit.client)
    trial = next((one.trial_ends_awake for one in facts.deposits if one.client == deposit.client), None)
    trial_until = 0 if trial is None else taking.now.wall_in(trial - awake)
    for beneficiary in terms.beneficiaries:

        def letter(
            common: Common, page: Callable[[Page], str], role: letters.Role = beneficiary.role
        ) -> letters.Context:
            return letters.DepositReceipt(
                **common,
                client=name,
                role=role,
                revision=deposit.revision,
                revision_on=deposit.made_wall,
                set_number=deposit.newest_set,
                link=page("kit"),
                first=first,
                status=page("status"),
                trial_until=trial_until,
                kept=kept,
            )

        taking.context.desk.order(
            tx,
            taking.now,
            key=f"deposit-receipt/{deposit.client}/{beneficiary.person}/{deposit.jti}",
            provider=provider,
            person=beneficiary.person,
            kind="deposit-receipt",
            make=letter,
            client=deposit.client,
        )
    set_told(tx, provider, deposit.client, awake=awake, sets=tuple(sorted(deposit.sets)))


def opened_share(context: NodeContext, deposit: Held, number: int) -> tuple[str, ...]:
    """The node's 20 words of a set, for the page of a release. For a worker thread.

    Raises as ``prepare_deposit`` about a share; ``NotFoundError`` ``file.lost``.
    """
    data = context.store.find_file(deposit.files[share_file(number)].sha256).read_bytes()
    return _open_share(data, context.key.identity.text, number).words


def kit_files(deposit: Held) -> dict[str, FileOf]:
    """The files of a deposit that belong in a kit: all but the node's shares."""
    shares = {share_file(number) for number in deposit.sets}
    return {name: file for name, file in sorted(deposit.files.items()) if name not in shares}
