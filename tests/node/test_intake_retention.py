"""Which older bundles are kept, by simulation: a provider who deposits several times a day for a year."""

from dataclasses import replace

from node.face_world import DAY_MS

from escrowd.node.retention import MARKS, droppable, offered, superfluous
from escrowd.node.store.deposits import Held

HOUR_MS = DAY_MS // 24


def held(revision: int, made: int) -> Held:
    return Held("bakery", revision, "jti", {1: 501}, {}, made, made, 0, None)


def history(every: int, days: int = 365) -> list[tuple[int, list[Held]]]:
    """(node time, what is kept), after each deposit; oldest first."""
    kept: list[Held] = []
    seen = []
    for revision, made in enumerate(range(0, days * DAY_MS, every), start=1):
        if kept:
            kept[-1] = replace(kept[-1], until_node=made)
        kept.append(held(revision, made))
        gone = {old.revision for old in superfluous(kept, made)}
        kept = [one for one in kept if one.revision not in gone]
        seen.append((made, list(kept)))
    return seen


def test_the_bundles_of_a_week_a_month_and_a_quarter_ago_are_there():
    """What was newest 7 d ago is kept exactly, 30 d ago within a day, 90 d ago within a week (P7)."""
    tolerance = {7: 0, 30: DAY_MS, 90: 7 * DAY_MS}
    for now, kept in history(11 * HOUR_MS):
        for mark in MARKS:
            at = now - mark * DAY_MS
            if at < 0:
                continue
            slack = tolerance[mark]
            assert any(r.made_node <= at + slack and (r.until_node or now + 1) > at - slack for r in kept)


def test_a_provider_who_deposits_hourly_does_not_fill_the_disk():
    """Beside the last week's, some 35 revisions are kept at most."""
    for now, kept in history(HOUR_MS, days=150):
        old = [r for r in kept if r.until_node is not None and r.until_node <= now - 7 * DAY_MS]
        assert len(old) <= 35


def test_a_bundle_that_stays_the_newest_is_never_dropped():
    """One deposit a year is kept however old it is."""
    assert superfluous([held(1, 0)], 5 * 365 * DAY_MS) == ()


def test_a_release_offers_one_bundle_for_each_mark():
    """Those that were newest 7, 30 and 90 d before the last deposit, the newest first, each once."""
    _, kept = history(DAY_MS)[-1]
    main = kept[-1]
    ages = [round((main.made_node - one.made_node) / DAY_MS) for one in offered(kept, main)]
    assert ages[0] == 7
    assert ages == sorted(set(ages))
    assert len(ages) == 3
    assert offered([held(1, 0)], held(1, 0)) == ()


def test_a_young_deposit_has_its_first_revision_beside_it():
    """In the first week there is no bundle of a week ago; the first one is offered then."""
    _, kept = history(HOUR_MS, days=1)[5]
    assert [one.revision for one in offered(kept, kept[-1])] == [1]


def test_the_first_bundle_stays_on_offer_until_it_is_90_days_old():
    """A good first bundle is offered for 90 d, however many spoilt ones follow it (P7)."""
    for now, kept in history(11 * HOUR_MS, days=120):
        if len(kept) > 1 and now < 90 * DAY_MS:
            assert [one.revision for one in offered(kept, kept[-1])][-1] == 1


def test_thinning_out_never_changes_what_is_offered():
    """In every silence the release offers the very bundles that it offered on its first day (P7)."""
    for now, kept in history(31 * HOUR_MS, days=200)[::9]:
        newest_first = kept[::-1]
        before = offered(newest_first, kept[-1])
        for silence in (0, 3, 8, 31, 95, 400):
            gone = {one.revision for one in droppable(newest_first, now + silence * DAY_MS)}
            newest_first = [one for one in newest_first if one.revision not in gone]
            assert offered(newest_first, kept[-1]) == before
        assert len(newest_first) <= 1 + len(MARKS) + 1


def test_what_a_release_speaks_of_keeps_its_older_ones():
    """A revision that was released stays, and so does what its release offers beside it."""
    now, kept = history(31 * HOUR_MS, days=200)[-1]
    newest_first = kept[::-1]
    main = newest_first[3]
    gone = {one.revision for one in droppable(newest_first, now + 400 * DAY_MS, released={main.revision})}
    left = [one for one in newest_first if one.revision not in gone]
    assert main in left
    assert offered(left, main) == offered(newest_first, main)
