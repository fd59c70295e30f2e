"""P4: kill -9 at random moments, many providers at once."""

import random
import time
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

from harness import DAY, eventually, node
from history import breaches
from sink import Sink

KILLS = 60
PROVIDERS = 30


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
