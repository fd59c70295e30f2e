"""Statements about the provider: enrolment, a new daily key, timings."""

from collections.abc import Callable
from typing import Final

from escrowd.core.keys import fingerprint
from escrowd.core.statements import Appoint, Enrol, NewTimings, Statement, verify_appointment
from escrowd.core.switch import Facts, NodeFacts, enrol, set_timings
from escrowd.core.terms import DAY, PROVIDER, check_timings
from escrowd.errors import ConflictError
from escrowd.node import letters
from escrowd.node.clock import Now
from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.moving import renew_people
from escrowd.node.intake.people import People, read_people
from escrowd.node.intake.taking import Outcome, Taking
from escrowd.node.invitations import check_invitation
from escrowd.node.links import Page
from escrowd.node.orders import Common
from escrowd.node.store import Connection
from escrowd.node.store.people import save_people
from escrowd.node.store.providers import (
    NewProvider,
    add_provider,
    appoint,
    cards_known,
    invitation_used,
    load_provider,
    set_people,
)

DAILY_WAITS: Final = 7 * DAY * 1000
"""Milliseconds of node time after which a new daily key counts, unless the root itself signed."""


def prepare_enrol(context: NodeContext, statement: Statement, body: Enrol) -> People:
    """What can be refused before the transaction: invitation, timings, people. For a worker thread.

    Raises as ``check_invitation``, ``check_timings``, ``read_people``; ``ConflictError``
    ``provider.enrolled`` (field ``provider``), ``invitation.used``, ``provider.cards-known`` (another
    provider named these cards before).
    """
    invitation = check_invitation(body.invitation, node=context.fingerprint, wall=context.clock.wall())
    context.store.read_now(lambda tx: _check_new(tx, statement.provider, invitation.id, body))
    check_timings(body.timings)
    return read_people(context, statement.provider, body.people_sha256)


def _check_new(tx: Connection, provider: str, invitation: str, body: Enrol) -> None:
    if load_provider(tx, provider) is not None:
        raise ConflictError("provider.enrolled", provider=provider)
    if invitation_used(tx, invitation):
        raise ConflictError("invitation.used")
    if cards_known(tx, body.provider_set.proof_keys):
        raise ConflictError("provider.cards-known")


def begin_enrol(
    tx: Connection, context: NodeContext, now: Now, *, statement: Statement, body: Enrol, people: People
) -> Callable[[NodeFacts], Facts]:
    """Record the new provider; returns what makes the first facts of its switch."""
    invitation = check_invitation(body.invitation, node=context.fingerprint, wall=now.wall)
    _check_new(tx, statement.provider, invitation.id, body)
    appointment = verify_appointment(body.appointment, bytes.fromhex(body.root))
    new = NewProvider(
        id=statement.provider,
        root=body.root,
        daily=appointment.daily.hex(),
        appointment=body.appointment,
        name=body.name,
        invitation=invitation.id,
        people_sha256=people.sha256,
        provider_set=body.provider_set,
    )
    add_provider(tx, new, node_time=now.moment.node, awake=now.moment.awake, wall=now.wall)
    save_people(tx, statement.provider, people.file)
    return lambda node: enrol(node, now.moment, body.timings)


def prepare_timings(context: NodeContext, statement: Statement, body: NewTimings) -> People:
    """Raises as ``check_timings`` and ``read_people``. For a worker thread."""
    check_timings(body.timings)
    return read_people(context, statement.provider, body.people_sha256)


def take_timings(taking: Taking, body: NewTimings, people: People) -> Outcome:
    """New timings hold from the next check-in; new addresses at once, so that no warning is lost."""
    renew_people(taking, people.file)
    set_people(taking.tx, taking.statement.provider, people.sha256)
    return Outcome(set_timings(taking.facts, body.timings))


def take_appoint(taking: Taking, body: Appoint) -> Outcome:
    """A new daily key counts after a week, during which the provider can object; the root's own word at once.

    Whoever stole the daily key cannot appoint: the appointment inside is the root's. Whoever stole two
    provider's cards can, and every address of the provider is told. Raises as ``store.providers.appoint``.
    """
    tx, provider, now = taking.tx, taking.statement.provider, taking.now
    appointment = verify_appointment(body.appointment, taking.root)
    by_root = taking.statement.key == "root"
    waits = 0 if by_root else DAILY_WAITS
    daily = appointment.daily.hex()
    counts = now.moment.node + waits
    if appoint(tx, provider, daily=daily, appointment=body.appointment, counts_node=counts, by_root=by_root):

        def letter(common: Common, _: Callable[[Page], str]) -> letters.Context:
            return letters.AlarmKey(
                **common,
                audience="provider",
                fingerprint=fingerprint(appointment.daily),
                counts_from=now.wall_in(waits),
            )

        taking.context.desk.order(
            tx,
            now,
            key=f"daily-key/{daily}/{counts}",
            provider=provider,
            person=PROVIDER,
            kind="alarm-key",
            make=letter,
        )
    return Outcome(taking.facts)
