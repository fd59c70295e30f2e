"""``escrow terms show|set``: the provider's timings, and one client's terms.

What is set here stands in the workspace; nodes are told with the next deposit (timings: also with the next
check-in).
"""

from dataclasses import dataclass

from escrowd.core.terms import (
    DELAY_MAX,
    DELIVER_BY,
    OWN,
    REQUEST_WAIT,
    REQUEST_WAIT_AND_DELAY,
    Beneficiary,
    Timings,
    check_timings,
)
from escrowd.core.wire import Person
from escrowd.errors import InputError
from escrowd.provider.agreement import agreement_code, is_told
from escrowd.provider.records import NodeRecord
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class ClientTerms:
    """What holds for one client. Durations in seconds.

    ``agreement``, the code of the paper to sign, "" for the provider's own estate; ``untold``, URLs of nodes
    that were not told these very terms yet.
    """

    client: str
    timings: Timings
    beneficiaries: tuple[tuple[Person, Beneficiary], ...]
    request_wait: int
    delay_max: int
    deliver_by: int
    nodes: tuple[NodeRecord, ...]
    agreement: str = ""
    untold: tuple[str, ...] = ()


def show_timings(session: Session) -> Timings:
    """The provider's timings."""
    return session.vault.timings


def show_terms(session: Session, client: str) -> ClientTerms:
    """One client's terms. Raises ``NotFoundError`` ``client.unknown``, ``RefusedError`` ``client.ended``."""
    record = session.client(client)
    people = {person.id: person for person in record.people}
    return ClientTerms(
        client=client,
        timings=session.vault.timings,
        beneficiaries=tuple((people[one.person], one) for one in record.beneficiaries),
        request_wait=record.request_wait,
        delay_max=record.delay_max,
        deliver_by=record.deliver_by,
        nodes=session.vault.nodes,
        agreement="" if client == OWN else agreement_code(session.vault, record),
        untold=tuple(node.url for node in session.vault.nodes if not is_told(session, record, node)),
    )


def set_timings(
    session: Session, *, interval: int | None = None, grace: int | None = None, announce: int | None = None
) -> Timings:
    """Change what is given, in seconds. Raises ``InputError`` ``terms.out-of-bounds``."""
    given = {"interval": interval, "grace": grace, "announce": announce}
    timings = session.vault.timings.model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    check_timings(timings)
    session.save(session.vault.model_copy(update={"timings": timings}))
    return timings


def set_terms(
    session: Session,
    client: str,
    *,
    request_wait: int | None = None,
    delay_max: int | None = None,
    deliver_by: int | None = None,
) -> ClientTerms:
    """Change what is given, in seconds.

    Raises ``InputError`` ``terms.out-of-bounds``, and as ``show_terms``.
    """
    record = session.client(client)
    wait = record.request_wait if request_wait is None else request_wait
    delay = record.delay_max if delay_max is None else delay_max
    by = record.deliver_by if deliver_by is None else deliver_by
    _within("request_wait", wait, REQUEST_WAIT)
    _within("delay_max", delay, DELAY_MAX)
    _within("request_wait+delay_max", wait + delay, REQUEST_WAIT_AND_DELAY)
    _within("deliver_by", by, DELIVER_BY)
    update = {"request_wait": wait, "delay_max": delay, "deliver_by": by}
    session.put_client(record.model_copy(update=update))
    return show_terms(session, client)


def _within(name: str, value: int, bounds: tuple[int, int]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise InputError("terms.out-of-bounds", name=name, value=value, min=low, max=high)
