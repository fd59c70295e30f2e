"""The provider's own estate, ``own``: the list of clients in it, and what of it stands in clients' bundles.

1. What only the successor may see lives in ``own`` alone. A client's entry that depends on an entry there
   holds a copy of the two texts that are written for clients (``core.bundle.own``), and its random id.
2. The copies are renewed with each deposit of the client. Words that are gone there stay here: a client who
   was told how to get away from something is not told less.
3. The list of clients is made anew with each deposit of ``own``. It is a document like any other, found again
   by its origin.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal

from escrowd.core.bundle import (
    Bundle,
    Document,
    Entry,
    Origin,
    Shared,
    find_entry,
    harmless_file,
    put_document,
    put_entry,
)
from escrowd.core.bundle.own import Words, public_words
from escrowd.core.keys import new_id
from escrowd.core.terms import OWN, PROVIDER, Role
from escrowd.errors import EscrowdError, RefusedError
from escrowd.provider import estate
from escrowd.provider.memory import recall
from escrowd.provider.records import ClientRecord, Language, NodeRecord
from escrowd.provider.workspace import Session

if TYPE_CHECKING:
    from escrowd.paper.client_index import IndexClient

PREFIX: Final = f"{OWN}/"
"""Before an entry's name, where an entry of the estate is meant."""
_ORIGIN: Final = Origin(source="escrowd", key="clients")


def own_record(session: Session) -> ClientRecord | None:
    """The estate, if there is one that has not ended."""
    return next((one for one in session.vault.clients if one.id == OWN and one.ended is None), None)


def with_own(session: Session, client: str, values: Mapping[str, object]) -> Mapping[str, object]:
    """The ``values`` of an entry, with what ``depends_on`` names as ``own/ENTRY`` in ``shared`` instead.

    ``depends_on`` without the prefix stays; where nothing without it is named, it is not among the values.
    Raises ``RefusedError`` ``own.missing`` (``ref``: the entry), ``own.no-words`` (``entry``, ``title``,
    ``field``: the name of the one that is missing); as ``find_entry``.
    """
    named = values.get("depends_on")
    wanted = [one for one in named if str(one).startswith(PREFIX)] if isinstance(named, list) else []
    if not isinstance(named, list) or not wanted:
        return values
    refs = [str(one).removeprefix(PREFIX) for one in wanted]
    if own_record(session) is None:
        raise RefusedError("own.missing", ref=refs[0])
    own = _bundle(session, OWN)
    entries = {entry.id: entry for entry in (find_entry(own, ref) for ref in refs)}
    here = [one for one in named if one not in wanted]
    if client == OWN:  # there it is an entry like any other
        return {**values, "depends_on": [*here, *entries]}
    language = session.client(client).language
    shared = [_copy(entry, language).model_dump(mode="json") for entry in entries.values()]
    rest = {name: value for name, value in values.items() if name != "depends_on"}
    return {**rest, "shared": shared} | ({"depends_on": here} if here else {})


def renew_words(session: Session, record: ClientRecord, *, now: int) -> None:
    """Rule 2 for one client. An estate that cannot be read holds no deposit of a client up."""
    if record.id == OWN or own_record(session) is None:
        return
    if not any(entry.shared for entry in _bundle(session, record.id).entries):
        return
    try:
        own = {entry.id: entry for entry in _bundle(session, OWN).entries}
    except EscrowdError:
        return

    def edit(bundle: Bundle) -> Bundle:
        for entry in bundle.entries:
            shared = tuple(_renewed(one, own.get(one.own), record.language) for one in entry.shared)
            if shared != entry.shared:
                bundle = put_entry(bundle, entry.model_copy(update={"shared": shared}))
        return bundle

    estate.change(session, record, edit, now=now, reason="own words")


def renew_index(session: Session, record: ClientRecord, *, now: int) -> None:
    """Rule 3, where ``record`` is the estate."""
    if record.id != OWN:
        return
    # Only here: laying out a page takes longer to import than most commands take to run.
    from escrowd.paper.client_index import IndexNode, client_index  # noqa: PLC0415 — as the line above says
    from escrowd.texts.render import sentence  # noqa: PLC0415 — the same

    vault = session.vault
    nodes = [
        IndexNode(name=node.name, url=node.url, operator=_operator(session, node), root=node.fingerprint)
        for node in vault.nodes
    ]
    page = client_index(record.language, vault.provider.name, _index_clients(session), nodes)
    digest = hashlib.sha256(page).hexdigest()
    name = sentence("clients", "file", record.language, {})

    def edit(bundle: Bundle) -> Bundle:
        old = next((one for one in bundle.documents if one.origin == _ORIGIN), None)
        if old is not None and (old.sha256, old.name) == (digest, name):
            return bundle
        new = Document(
            id=old.id if old else id_,
            name=name,
            file=harmless_file(name),
            size=len(page),
            sha256=digest,
            note=sentence("clients", "note", record.language, {}),
            origin=_ORIGIN,
        )
        return put_document(bundle, new)

    there = next((one.id for one in _bundle(session, OWN).documents if one.origin == _ORIGIN), None)
    id_ = there or new_id()
    estate.change(session, record, edit, now=now, reason="client index", contents={id_: page})


def _index_clients(session: Session) -> "Iterator[IndexClient]":
    from escrowd.paper.client_index import (  # noqa: PLC0415 — as above
        IndexClient,
        IndexContact,
        IndexPerson,
    )

    memories = [(node, recall(session.folder, node.fingerprint)) for node in session.vault.nodes]
    for record in session.vault.clients:
        if record.id == OWN or record.ended is not None:
            continue
        try:
            bundle = _bundle(session, record.id)
            published = estate.published(session, record)
        except EscrowdError:  # what can be said of a damaged one is better than nothing
            bundle, published = None, None
        out = record.sets[-1].handed_out if record.sets else ()
        people = {person.id: person for person in record.people}
        roles: list[tuple[str, Role | Literal["witness"]]] = []
        roles += [(one.person, one.role) for one in record.beneficiaries]
        roles += [(person, "witness") for person in record.witnesses]
        yield IndexClient(
            id=record.id,
            name=record.name,
            language=record.language,
            profile=record.profile,
            entries=len(bundle.entries) if bundle else 0,
            revision=published.manifest.revision if published else None,
            sets=tuple(one.number for one in record.sets),
            nodes=tuple(node.name for node, memory in memories if f"deposit/{record.id}" in memory.told),
            people=tuple(
                IndexPerson(
                    name=people[person].name,
                    role=role,
                    addresses=tuple(one.address for one in people[person].addresses),
                    card=role in out,
                )
                for person, role in roles
            ),
            contacts=tuple(
                IndexContact(
                    name=one.name, kind=one.kind, reach=tuple(filter(None, (one.phone, one.mail, one.role)))
                )
                for one in (bundle.contacts if bundle else ())
            ),
        )


def _operator(session: Session, node: NodeRecord) -> str:
    if node.operator == PROVIDER:
        return session.vault.provider.name
    names = {person.id: person.name for one in session.vault.clients for person in one.people}
    return node.operator_name or names.get(node.operator, "")


def _copy(entry: Entry, language: Language) -> Shared:
    words = public_words(entry, language)
    if isinstance(words, str):
        raise RefusedError("own.no-words", entry=entry.id, title=entry.title, field=words)
    return Shared(own=entry.id, what=words.what, away=words.away)


def _renewed(old: Shared, entry: Entry | None, language: Language) -> Shared:
    words = "" if entry is None else public_words(entry, language)
    return Shared(own=old.own, what=words.what, away=words.away) if isinstance(words, Words) else old


def _bundle(session: Session, client: str) -> Bundle:
    with estate.opened(session, client) as payload:
        return payload.bundle
