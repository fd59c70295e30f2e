"""``manifest.jws``: who sealed a bundle, for whom, with which cards it opens. age itself says none of it.

1. ``root`` is the provider's root key and ``iss`` its fingerprint, which clients' cards show. ``chain`` holds
   the appointments that lead from the root to the key that signed: the last one names it. An empty chain: the
   root signed.
2. At most two sets live; a set that ended stays listed with its date, so that an old card can be named.
3. A manifest follows the one seen before it: a lower revision is refused, and the same revision in other
   bytes.
4. Within a set nothing but the group ``nodes`` may change (its shares can be split anew for other nodes, at
   the same group share): identifier, recipient, key and the other groups' proof keys are fixed. A set is
   never dropped silently, never returns, and its number and identifier are never used again.
5. A daily key that a later appointment in the manifest seen before had replaced signs no later one.

The manifest protects against being given another bundle; it never stands between a beneficiary and the
opening (``recover --unverified``). So each way in which it can be wrong has its own code.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from escrowd.core.encoding import hex_bytes
from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.statements import (
    MANIFEST,
    MAX_COMPACT,
    MAX_LIVE_SETS,
    Appointment,
    Slip39Id,
    peek,
    sign,
    verify_appointment,
    verify_payload,
)
from escrowd.core.strict import (
    ClientId,
    Compact,
    Fingerprint,
    GroupName,
    Hex32,
    SetNumber,
    Strict,
    Wall,
    parse,
    read,
)
from escrowd.errors import ConflictError, InputError, IntegrityError

NEXT_REVISION: Final = 400 * 86_400
"""How long after ``created`` a next revision is promised, in seconds."""
GROUPS: Final = ("nodes", "client", "successor", "reserve")
"""In the order of SLIP-39's group index."""
NODES: Final = "nodes"
MAX_MEMBERS: Final = 16
MAX_CHAIN: Final = 8
"""How many appointments a manifest carries, the newest last."""


class ManifestGroup(Strict):
    """A SLIP-39 group: ``k`` of ``n`` shares, and the share-proof key of each (hex), by member index."""

    name: GroupName
    k: Annotated[int, Field(ge=1, le=MAX_MEMBERS)]
    n: Annotated[int, Field(ge=1, le=MAX_MEMBERS)]
    proof_keys: Annotated[tuple[Hex32, ...], Field(min_length=1, max_length=MAX_MEMBERS)]

    @model_validator(mode="after")
    def _members(self) -> Self:
        # SLIP-39 allows a member threshold of 1 only for a group of one.
        if len(self.proof_keys) != self.n or self.k > self.n or (self.k == 1 and self.n > 1):
            raise PydanticCustomError("group_shape", "k, n and the number of keys do not fit")
        return self


class ManifestSet(Strict):
    """A live share set. ``recipient``: what the bundle is sealed to; ``key_sha256``: of ``key-N.age``."""

    set: SetNumber
    slip39_id: Slip39Id
    recipient: Annotated[str, Field(pattern=r"^age1[0-9a-z]{58}$")]
    key_sha256: Hex32
    groups: Annotated[tuple[ManifestGroup, ...], Field(min_length=4, max_length=4)]

    def group(self, name: str) -> ManifestGroup:
        """The group of that name, one of ``GROUPS``."""
        return self.groups[GROUPS.index(name)]

    @model_validator(mode="after")
    def _groups(self) -> Self:
        if tuple(group.name for group in self.groups) != GROUPS:
            raise PydanticCustomError("groups_order", "the four groups in their order are needed")
        keys = [key for group in self.groups for key in group.proof_keys]
        if len(set(keys)) != len(keys):
            raise PydanticCustomError("proof_key_twice", "two shares have one proof key")
        return self


class RetiredSet(Strict):
    """A set that ended, and when (wall time)."""

    set: SetNumber
    slip39_id: Slip39Id
    date: Wall


class Manifest(Strict):
    """The claims of ``manifest.jws``. Times are wall times in seconds."""

    iss: Fingerprint
    client: ClientId
    revision: Annotated[int, Field(ge=1)]
    created: Wall
    next_revision_by: Wall
    bundle_sha256: Hex32
    root: Hex32
    chain: Annotated[tuple[Compact, ...], Field(max_length=MAX_CHAIN)]
    sets: Annotated[tuple[ManifestSet, ...], Field(min_length=1, max_length=MAX_LIVE_SETS)]
    retired: Annotated[tuple[RetiredSet, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _sets(self) -> Self:
        numbers = [live.set for live in self.sets]
        old = [ended.set for ended in self.retired]
        if numbers != sorted(set(numbers)) or old != sorted(set(old)) or set(numbers) & set(old):
            raise PydanticCustomError("set_numbers", "set numbers ascend and are used once")
        identifiers = [live.slip39_id for live in self.sets] + [ended.slip39_id for ended in self.retired]
        if len(set(identifiers)) != len(identifiers):
            raise PydanticCustomError("identifier_twice", "two sets have one identifier")
        if self.next_revision_by <= self.created:
            raise PydanticCustomError("next_revision", "the next revision comes after this one")
        return self

    @property
    def newest(self) -> ManifestSet:
        """The live set with the highest number."""
        return self.sets[-1]

    def live(self, slip39_id: int) -> ManifestSet | None:
        """The live set whose cards carry this identifier."""
        return next((live for live in self.sets if live.slip39_id == slip39_id), None)

    def ended(self, slip39_id: int) -> RetiredSet | None:
        """The retired set whose cards carry this identifier."""
        return next((ended for ended in self.retired if ended.slip39_id == slip39_id), None)

    def check_bundle(self, sha256: str) -> None:
        """That a bundle is the one signed for. Raises ``IntegrityError`` ``manifest.bundle-differs``."""
        if sha256 != self.bundle_sha256:
            raise IntegrityError("manifest.bundle-differs", client=self.client, revision=self.revision)

    def check_key(self, number: int, sha256: str) -> None:
        """That a sealed key is that of set ``number``.

        Raises ``IntegrityError``: ``manifest.set-unknown``, ``manifest.key-differs`` (field ``set``).
        """
        live = next((live for live in self.sets if live.set == number), None)
        if live is None:
            raise IntegrityError("manifest.set-unknown", set=number)
        if sha256 != live.key_sha256:
            raise IntegrityError("manifest.key-differs", set=number)


def make_manifest(
    *,
    root: bytes,
    client: str,
    revision: int,
    created: int,
    bundle_sha256: str,
    chain: Sequence[str],
    sets: Sequence[ManifestSet],
    retired: Sequence[RetiredSet] = (),
) -> Manifest:
    """A manifest that promises its next revision within 400 d.

    Parameters: ``root``, public key; ``chain``, appointments (compact), empty if the root itself will sign.
    Raises ``InputError`` ``document.invalid`` (fields ``document``, ``claim``, ``problem``).
    """
    try:
        return Manifest(
            iss=fingerprint(root),
            client=client,
            revision=revision,
            created=created,
            next_revision_by=created + NEXT_REVISION,
            bundle_sha256=bundle_sha256,
            root=root.hex(),
            chain=tuple(chain),
            sets=tuple(sets),
            retired=tuple(retired),
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        claim = ".".join(str(part) for part in first["loc"])
        raise InputError(
            "document.invalid", document="Manifest", claim=claim, problem=first["type"]
        ) from None


def sign_manifest(manifest: Manifest, key: SigningKey) -> str:
    """Sign with the key that the chain leads to, and verify the result. Returns the compact form.

    Raises what ``verify_manifest`` raises: a key that the chain does not lead to is
    ``manifest.bad-signature``.
    """
    compact = sign(MANIFEST, manifest.model_dump(mode="json"), key)
    verify_manifest(compact)
    return compact


def verify_manifest(compact: str | bytes, *, root: str | None = None) -> Manifest:
    """Read a manifest: signature, chain, and the rules that one manifest can break by itself.

    Parameters: ``root``, the fingerprint that it must come from (a card shows it), None to take any.
    Raises ``IntegrityError``: ``manifest.damaged`` (cannot be read at all), ``manifest.wrong-kind`` (field
    ``found``), ``manifest.foreign-provider`` (fields ``expected``, ``found``: fingerprints),
    ``manifest.root-mismatch`` (``iss`` is not the root's fingerprint), ``manifest.chain-broken`` (field
    ``position``: the appointment that does not hold), ``manifest.bad-signature``, ``manifest.invalid``
    (signed, but breaks a rule; fields ``claim``, ``problem``).
    """
    text, root_key, chain = _unverified(compact)
    found = fingerprint(root_key)
    if root is not None and found != root:
        raise IntegrityError("manifest.foreign-provider", expected=root, found=found)
    signer = root_key
    for position, appointment in enumerate(chain, start=1):
        signer = _appointed(appointment, root_key, position).daily
    try:
        payload = verify_payload(text, MANIFEST, signer)
    except IntegrityError:
        raise IntegrityError("manifest.bad-signature") from None
    try:
        manifest = read(Manifest, payload, max_bytes=MAX_COMPACT)
    except InputError as error:
        raise IntegrityError(
            "manifest.invalid",
            claim=error.fields.get("claim", ""),
            problem=error.fields.get("problem", error.code),
        ) from None
    if manifest.iss != found:
        raise IntegrityError("manifest.root-mismatch")
    return manifest


def claimed_manifest(compact: str | bytes) -> Manifest:
    """What a manifest says, its signature not verified: for an overview of files that are one's own.

    Raises ``IntegrityError`` ``manifest.damaged``.
    """
    try:
        text = compact.decode("ascii") if isinstance(compact, bytes) else compact
        # One reading of the JSON is for whoever must agree with others on it: here nobody must.
        return parse(Manifest, peek(text.strip()).payload)
    except (InputError, IntegrityError, UnicodeDecodeError):
        raise IntegrityError("manifest.damaged") from None


def check_successor(old: str, new: str, *, root: str | None = None) -> Manifest:
    """Rules 3 to 5: that ``new`` may follow ``old``. Both are compact forms. Returns the new manifest.

    The same bytes again are fine. Raises what ``verify_manifest`` raises; ``IntegrityError``:
    ``manifest.foreign-provider``, ``manifest.foreign-client`` (fields ``expected``, ``found``),
    ``manifest.key-superseded`` (field ``revision``), ``manifest.set-changed`` (fields ``set``, ``claim``),
    ``manifest.set-dropped``, ``manifest.set-returned``, ``manifest.set-reused``, ``manifest.retired-changed``
    (field ``set``); ``ConflictError``: ``manifest.older`` (fields ``seen``, ``found``: revisions),
    ``manifest.same-revision`` (field ``revision``).
    """
    before, after = verify_manifest(old, root=root), verify_manifest(new, root=root)
    if after.iss != before.iss:
        raise IntegrityError("manifest.foreign-provider", expected=before.iss, found=after.iss)
    if after.client != before.client:
        raise IntegrityError("manifest.foreign-client", expected=before.client, found=after.client)
    if after.revision < before.revision:
        raise ConflictError("manifest.older", seen=before.revision, found=after.revision)
    if after.revision == before.revision and old.strip() != new.strip():
        raise ConflictError("manifest.same-revision", revision=after.revision)
    _check_signer(before, after)
    _check_sets(before, after)
    return after


def _check_signer(before: Manifest, after: Manifest) -> None:
    """A daily key that another one had followed signs nothing any more: it may have been stolen."""
    root = hex_bytes(before.root, size=32)
    *superseded, last = [verify_appointment(link, root).daily for link in before.chain] or [root]
    if after.chain:
        signer = verify_appointment(after.chain[-1], root).daily
        if signer != last and signer in superseded:
            raise IntegrityError("manifest.key-superseded", revision=after.revision)


def _check_sets(before: Manifest, after: Manifest) -> None:
    live = {entry.set: entry for entry in after.sets}
    ended = {entry.set: entry for entry in after.retired}
    for was in before.retired:
        if was.set in live:
            raise IntegrityError("manifest.set-returned", set=was.set)
        if ended.get(was.set) != was:
            raise IntegrityError("manifest.retired-changed", set=was.set)
    for entry in before.sets:
        if entry.set in live:
            _check_same(entry, live[entry.set])
        elif entry.set not in ended:
            raise IntegrityError("manifest.set-dropped", set=entry.set)
        elif ended[entry.set].slip39_id != entry.slip39_id:
            raise IntegrityError("manifest.set-changed", set=entry.set, claim="slip39_id")
    known = _identifiers(before)
    for number, identifier in _identifiers(after).items():
        if number not in known and (number < max(known) or identifier in known.values()):
            raise IntegrityError("manifest.set-reused", set=number)


def _identifiers(manifest: Manifest) -> dict[int, int]:
    """SLIP-39 identifier by set number, of all sets that live or lived."""
    return {live.set: live.slip39_id for live in manifest.sets} | {
        ended.set: ended.slip39_id for ended in manifest.retired
    }


def _check_same(was: ManifestSet, now: ManifestSet) -> None:
    for claim in ("slip39_id", "recipient", "key_sha256"):
        if getattr(was, claim) != getattr(now, claim):
            raise IntegrityError("manifest.set-changed", set=was.set, claim=claim)
    for name in GROUPS:
        # The nodes' own threshold and keys may change: another number of nodes needs no new cards.
        if name != NODES and was.group(name) != now.group(name):
            raise IntegrityError("manifest.set-changed", set=was.set, claim=f"groups.{name}")


def _unverified(compact: str | bytes) -> tuple[str, bytes, list[str]]:
    """Compact text, root key and chain as claimed: what is needed to find the key that must have signed."""
    try:
        text = (compact.decode("ascii") if isinstance(compact, bytes) else compact).strip()
        unverified = peek(text)
        claims = unverified.claims() if unverified.typ == MANIFEST else {}
    except (InputError, IntegrityError, UnicodeDecodeError):
        raise IntegrityError("manifest.damaged") from None
    if unverified.typ != MANIFEST:
        raise IntegrityError("manifest.wrong-kind", found=unverified.typ[:64])
    root, chain = claims.get("root"), claims.get("chain")
    try:
        key = hex_bytes(root if isinstance(root, str) else "", size=32)
    except InputError:
        raise IntegrityError("manifest.damaged") from None
    if not isinstance(chain, list) or not all(isinstance(link, str) for link in chain):
        raise IntegrityError("manifest.damaged")
    return text, key, chain


def _appointed(appointment: str, root: bytes, position: int) -> Appointment:
    try:
        return verify_appointment(appointment, root)
    except (InputError, IntegrityError):
        raise IntegrityError("manifest.chain-broken", position=position) from None
