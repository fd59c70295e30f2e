"""What each letter is told: from an order and the facts behind it to the context of its template.

Wall times are computed once, here, from the schedule of the moment at which the order is committed, and
stay as they are in the letter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from escrowd.core.switch import Facts, Order, Planned, Schedule
from escrowd.core.terms import PROVIDER, Role
from escrowd.core.wire import BUNDLE_FILE, MANIFEST_FILE, MAX_INLINE, FileOf, key_file, share_file
from escrowd.node import letters
from escrowd.node.clock import Now
from escrowd.node.links import Page
from escrowd.node.store.deposits import Held
from escrowd.node.store.people import Reader

PageLink = Callable[[Page], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything that a letter of one provider may speak of.

    Parameters: ``common``, the fields that every context has, for the person addressed; ``page``, the
    address of a page for the order at hand; ``before``, the facts before the change that ordered it;
    ``cancelled``, an announcement is taken back with it; ``held``, the newest deposit of a client.
    """

    common: Mapping[str, Any]
    page: PageLink
    now: Now
    before: Facts
    facts: Facts
    schedule: Schedule
    silent_since: int
    cancelled: bool
    readers: Mapping[str, Reader]
    clients: Mapping[str, str]
    held: Callable[[str], Held | None]

    def name(self, person: str) -> str:
        """A person's name; the id once the row was deleted."""
        reader = self.readers.get(person)
        return person if reader is None else reader.name

    def client(self, client: str) -> str:
        """A client's name; the id where none is known."""
        return self.clients.get(client, client)

    def wall_of(self, awake: int) -> int:
        """Wall time of an awake time in the past, as well as it can be told."""
        return self.now.wall_in(awake - self.now.moment.awake)

    def planned(self, client: str = "", but: str = "") -> tuple[letters.Planned, ...]:
        """Releases that lie ahead: of one client or of all, without those to one person."""
        return tuple(
            letters.Planned(
                client=self.client(release.client),
                person=self.name(release.person),
                role=release.role,
                earliest=self.now.wall_in(release.earliest),
            )
            for release in self.schedule.releases
            if _ahead(release) and client in {"", release.client} and release.person != but
        )


def _ahead(release: Planned) -> bool:
    return release.state in {"waiting", "ordered"}


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
    mine = _planned_for(order, view)
    return "announce", letters.Announce(
        **view.common,
        client=view.client(order.client),
        role=_role(order),
        silent_since=view.silent_since,
        earliest=view.now.wall_in(0 if mine is None else mine.earliest),
        planned=view.planned(order.client, but=order.person),
        blind=order.blind,
    )


def _release(order: Order, view: View) -> tuple[str, letters.Context]:
    held = view.held(order.client)
    if held is None:
        raise LookupError(order.client)
    files = release_files(held, order.set)
    large = held.files[BUNDLE_FILE].size > MAX_INLINE
    page = view.page("release")
    return "release-client" if order.role == "client" else "release-successor", letters.Release(
        **view.common,
        client=view.client(order.client),
        role=_role(order),
        silent_since=view.silent_since,
        set_number=order.set,
        revision=held.revision,
        revision_on=held.made_wall,
        parts=tuple(letters.Part(name=name, size=file.size) for name, file in files.items()),
        page=page,
        bundle_link=page if large else "",
        repeat=order.number,
        others=view.planned(order.client, but=order.person),
        blind=order.blind,
        share=() if release_share(held, order.set) is None else letters.SHARE_MARKS,
    )


def release_files(held: Held, number: int) -> dict[str, FileOf]:
    """What is attached to a release: keys, manifest, and the bundle unless it is too large for a mail."""
    wanted = [BUNDLE_FILE, key_file(number), MANIFEST_FILE]
    wanted += sorted(name for name in held.files if name.startswith("key-") and name not in wanted)
    return {
        name: held.files[name]
        for name in wanted
        if name in held.files and (name != BUNDLE_FILE or held.files[name].size <= MAX_INLINE)
    }


def release_share(held: Held, number: int) -> FileOf | None:
    """The node's sealed share of the set, opened at the moment of sending."""
    return held.files.get(share_file(number))


def _unconfirmed(order: Order, view: View) -> tuple[str, letters.Context]:
    release = next(
        (r for r in view.facts.releases if (r.client, r.person) == (order.client, order.about)), None
    )
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
        audience="provider" if order.person == PROVIDER else _role(order),
        at=view.now.wall,
        deadline=view.now.wall_in(view.schedule.deadline),
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
}


def _planned_for(order: Order, view: View) -> Planned | None:
    releases: Sequence[Planned] = view.schedule.releases
    return next((r for r in releases if (r.client, r.person) == (order.client, order.person)), None)


def _role(order: Order) -> Role:
    return order.role or "client"
