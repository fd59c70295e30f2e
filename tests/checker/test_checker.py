"""The checker itself: it accepts what is right, and names each way of breaking a promise."""

from collections.abc import Callable

import pytest
from checker.deliveries import check_nothing_lost
from checker.events import (
    Answered,
    Armed,
    Begun,
    CheckedIn,
    Delivery,
    Ended,
    Event,
    Heard,
    Ordered,
    RelayTook,
    Reported,
    Started,
    Tick,
    Trial,
    Vouched,
)
from checker.promises import DAY, check

D = DAY * 1_000
TERMS = {"interval": 30 * DAY, "grace": 14 * DAY, "announce": 7 * DAY}


class Story:
    """A history under construction: time passes between the calls."""

    def __init__(self) -> None:
        self.awake = self.node = 0
        self.hearing = True
        self.events: list[Event] = []
        self.add(CheckedIn, **TERMS)
        self.add(Heard, answer="self")

    def add(self, event: Callable[..., Event], **fields: object) -> "Story":
        """Something happens now."""
        self.events.append(event(awake=self.awake, node=self.node, **fields))
        return self

    def wait(self, days: float, *, node: float | None = None) -> "Story":
        """Time passes: node time too while the node hears, or as told."""
        self.awake += int(days * D)
        heard = days if self.hearing else 0
        self.node += int((heard if node is None else node) * D)
        return self.add(Tick)

    def hear(self, answer: str) -> "Story":
        """The node asks whether it is heard."""
        self.hearing = answer == "self"
        return self.add(Heard, answer=answer)

    def mail(self, kind: str, key: str, outcome: str = "accepted", **fields: object) -> "Story":
        """A mail is ordered, and answered for the provider at once."""
        self.add(Ordered, kind=kind, key=key, cause=1, **fields)
        return self.add(Answered, key=key, outcome=outcome) if outcome else self

    def to_announced(self) -> "Story":
        """Warned on day 30, announced on day 44, both accepted."""
        self.wait(30).mail("warn", "w1").wait(14)
        return self.mail("announce", "a1c", outcome="", person="c", client="b").mail("announce", "a1")

    def begin(self, key: str = "r", **fields: object) -> "Story":
        """A release is ordered and passes the point of no return."""
        self.add(Ordered, kind="release", key=key, cause=1, person="c", client="b", **fields)
        return self.add(Begun, key=key, address="x")

    def breaches(self, *deliveries: Delivery) -> list[str]:
        """What the checker says, the promise and the first words."""
        return [f"{b.promise} {b.what}" for b in check(self.events, deliveries)]


def one(found: list[str], promise: str, words: str) -> None:
    """Exactly one breach was found, of this promise."""
    assert len(found) == 1, found
    assert found[0].startswith(promise)
    assert words in found[0]


def test_a_story_that_keeps_every_promise_passes() -> None:
    """Warned, announced, waited, released: nothing to say."""
    story = Story().to_announced().wait(7).begin().add(Ended, key="r", address="x", outcome="out")
    assert story.breaches(Delivery("r", "x", "<1>", "d1"), Delivery("w1", "p", "<2>", "d2")) == []


def test_it_sees_a_release_before_its_silence_is_full() -> None:
    """Announced on day 44, released a minute too early (P2)."""
    found = Story().to_announced().wait(7 - 1 / 1440).begin().breaches()
    assert len(found) == 2
    assert found[0].startswith("P2")
    assert found[1].startswith("P3")


def test_it_sees_an_announcement_too_early() -> None:
    """Announced in the grace (P2)."""
    story = Story().wait(30).mail("warn", "w1").wait(13).mail("announce", "a1")
    one(story.breaches(), "P2", "announced 86400 s before")


def test_it_sees_an_announcement_without_a_warning() -> None:
    """The warning was never accepted (P3)."""
    one(Story().wait(44).mail("announce", "a1").breaches(), "P3", "announced without a mail")


def test_it_sees_a_release_without_an_accepted_announcement() -> None:
    """The announcement lies in the outbox (P3)."""
    story = Story().wait(30).mail("warn", "w1").wait(14).mail("announce", "a1", outcome="")
    story.mail("announce", "a1c", outcome="", person="c", client="b").wait(20).begin()
    one(story.breaches(), "P3", "released r without a mail")


def test_it_sees_a_person_who_was_never_told() -> None:
    """Released to somebody whom no announcement went to (P3)."""
    story = Story().wait(30).mail("warn", "w1").wait(14).mail("announce", "a1").wait(20).begin()
    one(story.breaches(), "P3", "without having been announced")


def test_it_sees_a_wait_of_the_person_that_was_cut_short() -> None:
    """The reserve waits 14 days more than the others (P2)."""
    story = Story().wait(30).mail("warn", "w1").wait(14)
    story.mail("announce", "a1c", outcome="", person="c", client="b", after=14 * DAY)
    story.mail("announce", "a1").wait(20).begin()
    one(story.breaches(), "P2", "released r 86400 s before")


def test_it_does_its_own_sums_of_time() -> None:
    """Node time that ran while the node was deaf is no silence, whatever the node says (P2)."""
    story = Story().wait(1).hear("none").wait(10, node=10).hear("self")
    one(story.breaches(), "P2", "node time ran while")


@pytest.mark.parametrize(("awake", "node", "words"), [(0, 1, "ran ahead"), (-1, -1, "went back")])
def test_it_sees_clocks_that_cannot_be(awake: float, node: float, words: str) -> None:
    """Node time never outruns awake time, and neither goes back (P2)."""
    one(Story().wait(5).wait(awake, node=node).breaches(), "P2", words)


def test_deafness_is_no_silence_until_its_limit() -> None:
    """29 deaf days count for nothing; of 60, the last 30 count (P2)."""
    early = Story().wait(10).hear("none").wait(29).hear("self").wait(5).mail("warn", "w").wait(14)
    assert [b[:12] for b in early.mail("announce", "a").breaches()] == ["P2 announced"]
    late = Story().wait(10).hear("none").wait(60).mail("warn", "w").wait(4).mail("announce", "a")
    assert late.breaches() == []


def test_it_sees_a_release_by_a_held_node() -> None:
    """Another process answers under the same key (P2)."""
    found = Story().to_announced().wait(8).hear("other").begin().breaches()
    assert found[0] == "P2 released while another node answered: r"


def test_it_sees_a_release_by_a_deaf_node() -> None:
    """Nobody could have checked in (P2)."""
    one(Story().to_announced().wait(8).hear("none").wait(1).begin().breaches(), "P2", "by a deaf node")


def test_it_sees_a_release_before_the_node_has_settled() -> None:
    """23 hours after a start (P2); settling ends after 24, and after seven days in an epoch at the latest."""
    story = Story().to_announced().wait(8).add(Started).hear("self").wait(23 / 24).begin()
    one(story.breaches(), "P2", "before the node had settled")
    story = Story().to_announced().wait(8)
    for _ in range(7):
        story.add(Started).hear("self").wait(23 / 24)
    assert story.add(Started).hear("self").wait(1 / 24 * 4).begin().breaches() == []


def test_a_long_stop_takes_acceptances_away() -> None:
    """Earlier announcements do not count after it (P3); after a short stop they do."""
    for long_stop, expected in ((True, 1), (False, 0)):
        story = Story().to_announced().wait(6).add(Started, long_stop=long_stop).hear("self").wait(2).begin()
        assert len(story.breaches()) == expected


def test_it_sees_a_release_after_a_check_in() -> None:
    """Ordered before, sent after it (P2)."""
    story = Story().to_announced().wait(7)
    story.add(Ordered, kind="release", key="r", cause=1, person="c", client="b").add(CheckedIn, **TERMS)
    one(story.add(Begun, key="r", address="x").breaches(), "P2", "a check-in came between")


def test_refusals_add_up_only_while_the_relay_works() -> None:
    """30 days of refusals beside a relay that takes mail are enough, and must be named blind (P3)."""

    def refusing(days: int, *, relay: bool) -> Story:
        story = Story().wait(30)
        for day in range(days + 1):
            if relay:
                story.add(RelayTook)
            story.mail("warn", f"w{day}", outcome="refused").wait(1)
        story.mail("announce", "a", outcome="refused")
        return story.mail("announce", "ac", outcome="", person="c", client="b").wait(7)

    assert refusing(30, relay=True).begin(blind=True).breaches() == []
    one(refusing(30, relay=True).begin().breaches(), "P3", "does not say so")
    one(refusing(29, relay=True).begin(blind=True).breaches(), "P3", "announced without a mail")
    assert len(refusing(60, relay=False).begin(blind=True).breaches()) == 2


def test_further_addresses_and_repeats_are_free() -> None:
    """Whoever has the share may get it again, also after a check-in."""
    story = Story().to_announced().wait(7).begin().add(Begun, key="r", address="y")
    story.add(Ended, key="r", address="x", outcome="out").add(CheckedIn, **TERMS).wait(1)
    assert story.begin("r2").breaches() == []


def test_a_refused_release_has_given_nothing_away() -> None:
    """After a definite refusal the next attempt is a first one, and a check-in forbids it (P4)."""
    story = Story().to_announced().wait(7).begin().add(Ended, key="r", address="x", outcome="refused")
    story.add(CheckedIn, **TERMS).add(Begun, key="r", address="x")
    one(story.breaches(), "P2", "a check-in came between")


def test_it_sees_an_order_that_repeats() -> None:
    """One key, one order (P4)."""
    one(Story().mail("remind", "k").mail("remind", "k").breaches(), "P4", "ordered twice")


def test_it_sees_what_was_never_ordered() -> None:
    """A mail, a release, an outcome without a commit before it (P4)."""
    one(Story().add(Answered, key="k", outcome="accepted").breaches(), "P4", "never ordered")
    one(Story().add(Begun, key="k", address="x").breaches(), "P4", "never ordered")
    one(Story().add(Ended, key="k", address="x", outcome="out").breaches(), "P4", "without a beginning")


def test_it_reads_a_sink() -> None:
    """Two Message-IDs, two contents, a mail nobody ordered, a release that never began (P4)."""
    story = Story().mail("warn", "w").add(Ordered, kind="release", key="r", cause=1, person="c")
    assert story.breaches(Delivery("w", "p", "<1>", "a"), Delivery("w", "p", "<1>", "a")) == []
    one(story.breaches(Delivery("w", "p", "<1>", "a"), Delivery("w", "p", "<2>", "a")), "P4", "2 Message-IDs")
    one(story.breaches(Delivery("w", "p", "<1>", "a"), Delivery("w", "p", "<1>", "b")), "P4", "2 contents")
    one(story.breaches(Delivery("w", "p", "<1>", "a"), Delivery("w", "q", "<1>", "a")), "P4", "2 mails")
    one(story.breaches(Delivery("z", "p", "<1>", "a")), "P4", "never ordered")
    one(story.breaches(Delivery("r", "c", "<1>", "a")), "P4", "never began")


def test_it_misses_what_was_lost() -> None:
    """A release that is recorded as out, and that no sink has seen (P4)."""
    story = Story().to_announced().wait(7).begin().add(Ended, key="r", address="x", outcome="out")
    assert [b.promise for b in check_nothing_lost(story.events, [])] == ["P4"]
    assert check_nothing_lost(story.events, [Delivery("r", "x", "<1>", "a")]) == []


# What people do -------------------------------------------------------------------------------------------


def test_it_sees_what_a_vouch_puts_off() -> None:
    """A vouch while overdue moves the announcement by 14 days, one while announced the release (P2)."""
    story = Story().wait(30).mail("warn", "w1").add(Vouched, person="w").wait(14).mail("announce", "a1")
    one(story.breaches()[:1], "P2", "announced 1209600 s before")
    story = Story().wait(30).mail("warn", "w1").add(Vouched, person="w").wait(28)
    story.mail("announce", "a1c", outcome="", person="c", client="b").mail("announce", "a1")
    assert story.wait(7).begin().breaches() == []
    story = Story().to_announced().add(Vouched, person="w").wait(7).begin()
    assert [b[:11] for b in story.breaches()] == ["P2 released", "P3 released"]
    assert Story().to_announced().add(Vouched, person="w").wait(21).begin().breaches() == []


def test_it_sees_a_vouch_that_must_not_count() -> None:
    """While current, twice by one person, or beyond 28 days (P7)."""
    one(Story().wait(29).add(Vouched, person="w").breaches(), "P7", "before anybody waits")
    story = Story().wait(31).add(Vouched, person="w")
    one(story.add(Vouched, person="w").breaches(), "P7", "one too many")
    story = Story().wait(31).add(Vouched, person="u").add(Vouched, person="v")
    one(story.add(Vouched, person="w").breaches(), "P7", "one too many")


def test_it_knows_a_moved_deadline() -> None:
    """Two people, one of whom weighs: the grace runs from there; else nothing moves (P2)."""
    for weighs, breaks in ((True, False), (False, True)):
        story = Story().wait(10).add(Reported, person="s", weighs=False)
        story.add(Reported, person="w", weighs=weighs).mail("warn", "w1").wait(14).mail("announce", "a1")
        assert bool(story.breaches()) == breaks


def test_it_sees_a_report_that_must_not_count() -> None:
    """During a pause, twice by one person, or after the deadline was moved (P2)."""
    story = Story().add(CheckedIn, **TERMS, pause=10 * DAY).wait(9)
    one(story.add(Reported, person="w", weighs=True).breaches(), "P2", "must not count")
    story = Story().wait(1).add(Reported, person="w", weighs=True)
    one(story.add(Reported, person="w", weighs=True).breaches(), "P2", "must not count")
    story.events.pop()
    story.add(Reported, person="v", weighs=False).add(Reported, person="u", weighs=False)
    one(story.breaches(), "P2", "must not count: u")


def test_it_counts_links() -> None:
    """A fourth in a row, or one after the deadline was moved, is no check-in (P7)."""
    story = Story()
    for _ in range(3):
        story.add(CheckedIn, **TERMS, how="link")
    assert story.breaches() == []
    one(story.add(CheckedIn, **TERMS, how="link").breaches(), "P7", "one too many")
    story = Story().wait(1).add(Reported, person="w", weighs=True).add(Reported, person="c", weighs=True)
    one(story.add(CheckedIn, **TERMS, how="link").breaches(), "P7", "two people said")


def test_it_watches_over_trials() -> None:
    """No second one for a client, none longer than 30 days (P7); nothing to the client's people in it (P3)."""
    story = Story().add(Trial, client="b", until=30 * D).add(Armed, client="b")
    one(story.add(Trial, client="b", until=30 * D).breaches(), "P7", "second trial")
    one(Story().add(Trial, client="b", until=31 * D).breaches(), "P7", "longer")
    told = {"person": "c", "client": "b", "outcome": ""}
    story = Story().add(Trial, client="b", until=30 * D).wait(29).mail("overdue", "o", **told)
    one(story.breaches(), "P3", "in its trial")
    assert Story().add(Trial, client="b", until=30 * D).wait(30).mail("overdue", "o", **told).breaches() == []
