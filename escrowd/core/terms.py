"""What provider and client agree on, and the bounds that no agreement may leave (P1, P7).

1. Each duration lies in its bounds; a violated bound is one error that names it.
2. The timings that terms quote are the provider's.
3. P1: nobody who receives a share of one group runs, or employs people who run, ``k`` or more nodes. Nobody
   receives in two roles. The provider receives nothing: nothing may hang on the provider.
4. P7: a client is among the beneficiaries. ``OWN``, the provider's own estate, has no client: it goes to
   successors alone, and to at least one (``docs/decisions/0120-the-providers-own-estate.md``).
5. A witness is neither the provider nor a beneficiary, who can say the same anyway; nobody is one twice.

The same content has the same hash (``terms_sha256``), whoever signs it when and however often: what a person
confirmed stays confirmed after a restore, and when an address changes. Who is meant stands in it by id, and
by name in the code of the agreement (``core.agreement``).
"""

from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from typing import Annotated, Final, Literal

from pydantic import Field

from escrowd.core.encoding import canonical
from escrowd.core.strict import ClientId, Fingerprint, Hex32, PersonId, Seconds, Strict
from escrowd.errors import ConflictError, InputError, RefusedError

DAY: Final = 86_400
"""Seconds."""

PROVIDER: Final = "provider"
"""The person id that always stands for the provider."""

OWN: Final = "own"
"""The client id that always stands for the provider's own estate: what only the successor may see."""

Role = Literal["client", "successor", "reserve"]
Profile = Literal["expert", "guided", "full-service"]

INTERVAL: Final = (7 * DAY, 90 * DAY)
GRACE: Final = (7 * DAY, 55 * DAY)
ANNOUNCE: Final = (5 * DAY, 53 * DAY)
GRACE_AND_ANNOUNCE: Final = (14 * DAY, 60 * DAY)
AFTER: Final = (0, 30 * DAY)
REQUEST_WAIT: Final = (1 * DAY, 14 * DAY)
DELAY_MAX: Final = (0, 14 * DAY)
REQUEST_WAIT_AND_DELAY: Final = (1 * DAY, 30 * DAY)
PAUSE: Final = (1 * DAY, 60 * DAY)
DELIVER_BY: Final = (7 * DAY, 90 * DAY)

DEFAULT_DELIVER_BY: Final = 30 * DAY
DEFAULT_AFTER: Final[dict[Role, int]] = {"client": 0, "successor": 0, "reserve": 14 * DAY}


class Timings(Strict):
    """The provider's: how long silence may last, and what follows. Seconds of node time."""

    interval: Seconds = 30 * DAY
    grace: Seconds = 14 * DAY
    announce: Seconds = 7 * DAY


class Beneficiary(Strict):
    """A person to whom a release goes, and how long after the announcement has run out."""

    person: PersonId
    role: Role
    after: Seconds


class NodeRun(Strict):
    """Who runs a node: the person ``operator``, who may work for the person ``works_for``."""

    fingerprint: Fingerprint
    operator: PersonId
    works_for: PersonId | None = None


class Terms(Strict):
    """Body of a ``terms`` statement: what holds for one client.

    ``timings`` quotes the provider's. ``nodes_k`` is the member threshold of the group ``nodes``.
    ``witnesses`` may say that they spoke to the provider, or that the provider is gone.
    ``people_sha256`` is the hash of the people file that names the persons. ``deliver_by``: how long after a
    change the client has new sheets, else the node tells them. ``agreement``: the code of the paper that both
    signed (``core.agreement``). A member that is added here is optional and ``None``: else all terms that
    were confirmed would have another hash.
    """

    client: ClientId
    profile: Profile = "guided"
    timings: Timings
    beneficiaries: Annotated[tuple[Beneficiary, ...], Field(min_length=1, max_length=32)]
    request_wait: Seconds = 1 * DAY
    delay_max: Seconds = 0
    nodes: Annotated[tuple[NodeRun, ...], Field(min_length=1, max_length=16)]
    nodes_k: Annotated[int, Field(ge=1, le=16)] = 1
    people_sha256: Hex32
    witnesses: Annotated[tuple[PersonId, ...], Field(max_length=32)] = ()
    deliver_by: Seconds = DEFAULT_DELIVER_BY
    agreement: Fingerprint | None = None


def people_of(terms: Terms) -> frozenset[str]:
    """The persons of whom terms speak: beneficiaries and witnesses."""
    return frozenset({*(b.person for b in terms.beneficiaries), *terms.witnesses})


def terms_sha256(terms: Terms, names: Mapping[str, str]) -> str:
    """The hash of what was agreed and of who is meant, hex: what a click confirms.

    Of the canonical JSON (RFC 8785) of the body with its defaults, without members that are null and without
    ``people_sha256``, and of ``people``: id and name of each beneficiary and witness, by id. A salt and
    addresses are no terms; another name under an old id is another person.

    Parameters: ``names``, of persons by id. Others are passed over; who is not in it is not hashed.
    """
    content = terms.model_dump(mode="json", exclude_none=True, exclude={"people_sha256"})
    people = [{"id": person, "name": names[person]} for person in sorted(people_of(terms)) if person in names]
    return sha256(canonical(content | {"people": people})).hexdigest()


def owner_role(client: str) -> Role:
    """In which role people stand for whom the deposit is: theirs are the last words on cards and addresses.

    Nobody has a client's rights in requests but a client.
    """
    return "successor" if client == OWN else "client"


def check_timings(timings: Timings) -> None:
    """Rule 1 for the provider's timings. Raises ``InputError`` ``terms.out-of-bounds``.

    Fields: ``name`` (``interval``, ``grace``, ``announce`` or ``grace+announce``), ``value``, ``min``,
    ``max``, all in seconds.
    """
    _within("interval", timings.interval, INTERVAL)
    _within("grace", timings.grace, GRACE)
    _within("announce", timings.announce, ANNOUNCE)
    _within("grace+announce", timings.grace + timings.announce, GRACE_AND_ANNOUNCE)


def check_pause(pause: int) -> None:
    """One pause is at most 60 d. Raises ``InputError`` ``terms.out-of-bounds`` (name ``pause``).

    That pauses add up to at most 120 d in 365 d of node time is the switch's to check: it needs the history.
    """
    _within("pause", pause, PAUSE)


def check_terms(terms: Terms, provider: Timings, *, nodes_k: int | None = None) -> None:
    """All five rules, and what the estate is allowed (4).

    Parameters: ``provider``, the timings that the provider stated last; ``nodes_k``, the member threshold of
    the group ``nodes`` in the manifest, where one is known.

    Raises ``InputError`` ``terms.out-of-bounds`` (as ``check_timings``; ``name`` also ``after``,
    ``request_wait``, ``delay_max``, ``request_wait+delay_max``, ``deliver_by``) and ``terms.nodes-k`` (fields
    ``quoted``, ``nodes``: how many there are); ``ConflictError`` ``terms.timings-differ`` (fields ``name``,
    ``quoted``, ``valid``) and ``terms.nodes-k-differs`` (fields ``quoted``, ``valid``); ``RefusedError``
    ``terms.client-missing``, ``terms.own-no-successor``, ``terms.own-other-role`` (fields ``person``,
    ``role``), ``terms.provider-as-beneficiary``, ``terms.provider-as-witness``,
    ``terms.person-twice`` (field ``person``: twice a beneficiary, a witness, or both),
    ``terms.node-twice`` (field ``node``), ``terms.beneficiary-runs-nodes`` (fields ``person``, ``nodes``: how
    many, ``k``).
    """
    check_timings(terms.timings)
    for beneficiary in terms.beneficiaries:
        _within("after", beneficiary.after, AFTER)
    _within("request_wait", terms.request_wait, REQUEST_WAIT)
    _within("delay_max", terms.delay_max, DELAY_MAX)
    _within("request_wait+delay_max", terms.request_wait + terms.delay_max, REQUEST_WAIT_AND_DELAY)
    _within("deliver_by", terms.deliver_by, DELIVER_BY)
    for name in ("interval", "grace", "announce"):
        quoted, valid = getattr(terms.timings, name), getattr(provider, name)
        if quoted != valid:
            raise ConflictError("terms.timings-differ", name=name, quoted=quoted, valid=valid)
    if nodes_k is not None and terms.nodes_k != nodes_k:
        raise ConflictError("terms.nodes-k-differs", quoted=terms.nodes_k, valid=nodes_k)
    _check_people(terms)
    _check_nodes(terms)


def check_roles(client: str, beneficiaries: Collection[Beneficiary]) -> None:
    """Rule 4. Raises ``RefusedError`` as ``check_terms``."""
    if client == OWN:
        for beneficiary in beneficiaries:
            if beneficiary.role != "successor":
                raise RefusedError("terms.own-other-role", person=beneficiary.person, role=beneficiary.role)
        if not beneficiaries:
            raise RefusedError("terms.own-no-successor")
    elif not any(beneficiary.role == "client" for beneficiary in beneficiaries):
        raise RefusedError("terms.client-missing")


def worse_for_client(old: Terms, new: Terms) -> tuple[str, ...]:
    """What makes ``new`` worse for the client: such terms count only 30 d after notice (P7).

    Returns names, sorted: ``beneficiaries`` (a person in the role client is gone), ``after`` (one waits
    longer), ``request_wait``, ``delay_max``, ``deliver_by``, ``timings`` (silence takes longer to lead to a
    release), ``witnesses`` (one who could report that the provider is gone is no longer named at all).
    Empty: nothing is worse.
    """
    return tuple(sorted(set(_worse(old, new))))


def _worse(old: Terms, new: Terms) -> Iterator[str]:
    after = {b.person: b.after for b in new.beneficiaries if b.role == "client"}
    for beneficiary in old.beneficiaries:
        if beneficiary.role != "client":
            continue
        if beneficiary.person not in after:
            yield "beneficiaries"
        elif after[beneficiary.person] > beneficiary.after:
            yield "after"
    if new.request_wait > old.request_wait:
        yield "request_wait"
    if new.delay_max > old.delay_max:
        yield "delay_max"
    if new.deliver_by > old.deliver_by:
        yield "deliver_by"
    if _silence(new.timings) > _silence(old.timings):
        yield "timings"
    if not set(old.witnesses) <= {*new.witnesses, *(b.person for b in new.beneficiaries)}:
        yield "witnesses"


def _silence(timings: Timings) -> int:
    return timings.interval + timings.grace + timings.announce


def _check_people(terms: Terms) -> None:
    seen: set[str] = set()
    for beneficiary in terms.beneficiaries:
        if beneficiary.person == PROVIDER:
            raise RefusedError("terms.provider-as-beneficiary")
        if beneficiary.person in seen:
            raise RefusedError("terms.person-twice", person=beneficiary.person)
        seen.add(beneficiary.person)
    for witness in terms.witnesses:  # rule 5
        if witness == PROVIDER:
            raise RefusedError("terms.provider-as-witness")
        if witness in seen:
            raise RefusedError("terms.person-twice", person=witness)
        seen.add(witness)
    check_roles(terms.client, terms.beneficiaries)


def _check_nodes(terms: Terms) -> None:
    fingerprints: set[str] = set()
    for run in terms.nodes:
        if run.fingerprint in fingerprints:
            raise RefusedError("terms.node-twice", node=run.fingerprint)
        fingerprints.add(run.fingerprint)
    if terms.nodes_k > len(terms.nodes):
        raise InputError("terms.nodes-k", quoted=terms.nodes_k, nodes=len(terms.nodes))
    for beneficiary in terms.beneficiaries:
        run_by = [run for run in terms.nodes if beneficiary.person in (run.operator, run.works_for)]
        if len(run_by) >= terms.nodes_k:
            raise RefusedError(
                "terms.beneficiary-runs-nodes",
                person=beneficiary.person,
                nodes=len(run_by),
                k=terms.nodes_k,
            )


def _within(name: str, value: int, bounds: tuple[int, int]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise InputError("terms.out-of-bounds", name=name, value=value, min=low, max=high)
