"""P4: kill -9 at random moments, many providers at once."""

import random
import time
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

from harness import DAY, NodeBox, Seeded, eventually, node
from history import breaches
from sink import Sink

from escrowd.core.addresses import Address
from escrowd.core.requests import open_request
from escrowd.core.terms import Timings
from escrowd.node.store import Store
from escrowd.node.store.deposits import load_terms
from escrowd.node.store.rights import save_addresses, save_requests, set_rights_due

KILLS = 60
PROVIDERS = 30
ASKED_KILLS = 15
ASKED = 5


def test_kills(tmp_path: Path) -> None:
    """After 60 kills each release went out, none with two contents, and the checker finds no breach (P4)."""
    chance = random.Random(4)  # noqa: S311 — moments, no secrets
    with Sink() as sink, node(tmp_path, sink.port) as box:
        seeded = box.seed(PROVIDERS)
        for _ in range(KILLS):
            box.start(wait=False)
            time.sleep(chance.uniform(0.03, 4 * DAY))
            box.kill()
        box.start()
        eventually(lambda: box.released() == 2 * PROVIDERS, within=60, what="all released")
        eventually(lambda: not box.rows("select 1 from outbox where state = 'begun'"), within=10)
        assert box.stop() == 0
        contents = defaultdict(set)
        for mail in sink.mails:
            contents[mail.header("Message-ID")].add(sha256(mail.content).hexdigest())
        assert {len(found) for found in contents.values()} == {1}
        for provider in seeded:
            assert box.verify_ledger(provider.id)
            assert breaches(box, provider.id, sink.mails) == []
            for to in (provider.client, provider.successor):
                released = [m for m in sink.taken(to) if m.header("Escrow-Share")]
                assert released
                assert all(provider.share.encode() in mail.content for mail in released)


def ask(box: NodeBox, seeded: list[Seeded]) -> None:
    """Each client confirmed an address and asked with a card, just before the node stopped."""
    with Store(box.folder, node=box.fingerprint, wall=1) as store:
        for one in seeded:

            def write(tx: object, one: Seeded = one) -> None:
                terms = load_terms(tx, one.id, "bakery")  # type: ignore[arg-type]
                assert terms is not None
                address = Address(
                    person="clientaa", id="clientaa", address=one.client, founding=True, named=0, clicked=0
                )
                save_addresses(tx, one.id, "bakery", (address,))  # type: ignore[arg-type]
                asked = open_request((), 0, id_="request2", group="client", number=1, terms=terms)
                save_requests(tx, one.id, "bakery", asked.requests)  # type: ignore[arg-type]
                set_rights_due(tx, one.id, "bakery", 0)  # type: ignore[arg-type]

            store.write_now(write)


def test_requests_survive_kills(tmp_path: Path) -> None:
    """A request is released whatever kills the node on the way, each mail with one content (P4, P7)."""
    chance = random.Random(5)  # noqa: S311 — moments, no secrets
    with Sink() as sink, node(tmp_path, sink.port) as box:
        seeded = box.seed(ASKED, timings=Timings(interval=90 * 86_400))
        ask(box, seeded)
        for _ in range(ASKED_KILLS):
            box.start(wait=False)
            time.sleep(chance.uniform(0.03, 4 * DAY))
            box.kill()
        box.start()
        eventually(lambda: box.released() == ASKED, within=60, what="all released")
        eventually(lambda: not box.rows("select 1 from outbox where state = 'begun'"), within=10)
        # A kill between the point of no return and DATA counts as released: then the first repeat brings it.
        eventually(
            lambda: all(
                any(m.header("Escrow-Share") for m in sink.taken(provider.client)) for provider in seeded
            ),
            within=60,
            what="each share there",
        )
        assert box.stop() == 0
        contents = defaultdict(set)
        for mail in sink.mails:
            contents[mail.header("Message-ID")].add(sha256(mail.content).hexdigest())
        assert {len(found) for found in contents.values()} == {1}
        for provider in seeded:
            assert box.verify_ledger(provider.id)
            (first, *_) = [m for m in sink.taken(provider.client) if m.header("Escrow-Share")]
            assert provider.share.encode() in first.content
            assert not [m for m in sink.taken(provider.successor) if m.header("Escrow-Share")]
