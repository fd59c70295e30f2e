"""Letters that the switch orders: about a provider's silence, and about who vouches or reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from escrowd.core.orders import Order
from escrowd.core.releases import find
from escrowd.core.switch import Planned
from escrowd.core.terms import PROVIDER, Role
from escrowd.node import letters
from escrowd.node.contexts._release import release_context
from escrowd.node.contexts._view import View


def context_of(order: Order, view: View) -> tuple[str, letters.Context]:
    """The kind of letter that carries an order out, and what it is told. Raises KeyError for "ended"."""
    return _MAKERS[order.kind](order, view)


def _remind(_: Order, view: View) -> tuple[str, letters.Context]:
    return "remind", letters.Remind(
        **view.common,
        deadline=view.now.wall_in(view.schedule.deadline),
        link=view.page("checkin"),
        links_used=view.facts.links,
    )


def _warn(_: Order, view: View) -> tuple[str, letters.Context]:
    told = view.facts.announced is not None
    return "warn", letters.Warn(
        **view.common,
        deadline=view.now.wall_in(view.schedule.deadline),
        announce_from=0 if told else view.now.wall_in(view.schedule.announced),
        link=view.page("checkin"),
        links_used=view.facts.links,
        planned=view.planned(),
    )


def _announce(order: Order, view: View) -> tuple[str, letters.Context]:
    if order.person == PROVIDER:
        return "announce-provider", letters.AnnounceProvider(
            **view.common,
            silent_since=view.silent_since,
            link=view.page("checkin"),
            planned=view.planned(),
            links_used=view.facts.links,
            blind=order.blind,
        )
    if not order.role:
        return "witness-announced", letters.WitnessAnnounced(
            **view.common,
            silent_since=view.silent_since,
            planned=view.planned(order.client),
            link=view.page("vouch"),
            blind=order.blind,
        )
    return _announced(order, view, order.person, link=view.page("vouch"))


def _announced(order: Order, view: View, person: str, link: str = "") -> tuple[str, letters.Context]:
    mine = _planned_for(order.client, person, view)
    return "announce", letters.Announce(
        **view.common,
        client=view.client(order.client),
        role=_role(order),
        silent_since=view.silent_since,
        earliest=view.now.wall_in(0 if mine is None else mine.earliest),
        planned=view.planned(order.client, but=person),
        blind=order.blind,
        link=link,
    )


def _probe_announce(order: Order, view: View) -> tuple[str, letters.Context]:
    return _announced(order, _on_trial(order, view), order.about)


def _probe_release(order: Order, view: View) -> tuple[str, letters.Context]:
    return release_context(order, _on_trial(order, view), silent_since=view.silent_since, trial=True)


def _on_trial(order: Order, view: View) -> View:
    return replace(view, common={**view.common, "trial_for": view.name(order.about)})


def _overdue(_: Order, view: View) -> tuple[str, letters.Context]:
    return "witness-overdue", letters.WitnessOverdue(
        **view.common,
        silent_since=view.silent_since,
        deadline=view.now.wall_in(view.schedule.deadline),
        announce_from=view.now.wall_in(view.schedule.announced),
        link=view.page("vouch"),
    )


def _release(order: Order, view: View) -> tuple[str, letters.Context]:
    return release_context(order, view, silent_since=view.silent_since)


def _unconfirmed(order: Order, view: View) -> tuple[str, letters.Context]:
    release = find(view.facts.releases, replace(order, person=order.about))
    done = None if release is None else release.done_awake
    return "unconfirmed", letters.Unconfirmed(
        **view.common,
        client=view.client(order.client),
        person=view.name(order.about),
        role="client" if release is None else release.role,
        released_on=view.now.wall if done is None else view.wall_of(done),
    )


def _all_clear(order: Order, view: View) -> tuple[str, letters.Context]:
    return "all-clear", letters.AllClear(
        **view.common,
        client=view.client(order.client),
        by=view.name(PROVIDER),
        at=view.now.wall,
        deadline=view.now.wall_in(view.schedule.deadline),
        standing=order.role or "witness",
        announced=view.before.announced is not None,
    )


def _checked_in(order: Order, view: View) -> tuple[str, letters.Context]:
    spent = order.kind == "link-spent"
    return "checked-in", letters.CheckedIn(
        **view.common,
        how="vouch" if spent else "link" if order.number else "typed",
        deadline=view.now.wall_in(view.schedule.deadline),
        links_used=view.facts.links,
        paused_until=view.now.wall_in(view.facts.pause * 1000) if view.facts.pause else 0,
        resumed=bool(view.before.pause) and not view.facts.pause,
        cancelled=view.cancelled,
    )


def _anew(order: Order, view: View) -> tuple[str, letters.Context]:
    return "alarm-restored", letters.AlarmRestored(
        **view.common,
        audience=view.audience(order),
        at=view.now.wall,
        deadline=view.now.wall_in(view.schedule.deadline),
    )


def _vouched(order: Order, view: View) -> tuple[str, letters.Context]:
    said = next((v for v in reversed(view.facts.vouches) if v.person == order.about), None)
    announced = view.facts.announced is not None
    ahead = [p.earliest for p in view.schedule.releases if p.state in {"waiting", "ordered"}]
    until = min(ahead, default=0) if announced else view.schedule.announced
    return "vouched", letters.Vouched(
        **view.common,
        audience=view.audience(order),
        by=view.name(order.about),
        standing="provider" if order.about == PROVIDER else view.standing(order.about),
        at=view.now.wall,
        seconds=0 if said is None else said.seconds,
        until=view.now.wall_in(until),
        announced=announced,
    )


def _reported(order: Order, view: View) -> tuple[str, letters.Context]:
    return "reported", letters.Reported(
        **view.common,
        audience=view.audience(order),
        by=view.name(order.about),
        standing=view.standing(order.about),
        at=view.now.wall,
        link="" if order.person in {PROVIDER, order.about} else view.page("vouch"),
    )


def _gone(order: Order, view: View) -> tuple[str, letters.Context]:
    return "deadline-moved", letters.DeadlineMoved(
        **view.common,
        audience=view.audience(order),
        by=tuple(view.name(report.person) for report in view.facts.reports),
        at=view.now.wall_in(view.schedule.deadline),
        announce_from=view.now.wall_in(view.schedule.announced),
    )


def _trial_ended(order: Order, view: View) -> tuple[str, letters.Context]:
    return "trial-ended", letters.TrialEnded(
        **view.common,
        client=view.client(order.client),
        audience=view.audience(order),
        at=view.now.wall,
        armed=False,
    )


_MAKERS: Final[Mapping[str, Callable[[Order, View], tuple[str, letters.Context]]]] = {
    "remind": _remind,
    "warn": _warn,
    "announce": _announce,
    "release": _release,
    "unconfirmed": _unconfirmed,
    "all-clear": _all_clear,
    "checked-in": _checked_in,
    "link-spent": _checked_in,
    "anew": _anew,
    "overdue": _overdue,
    "vouched": _vouched,
    "reported": _reported,
    "gone": _gone,
    "probe-announce": _probe_announce,
    "probe-release": _probe_release,
    "trial-ended": _trial_ended,
}


def _planned_for(client: str, person: str, view: View) -> Planned | None:
    releases: Sequence[Planned] = view.schedule.releases
    return next((r for r in releases if (r.client, r.person) == (client, person)), None)


def _role(order: Order) -> Role:
    return order.role or "client"
