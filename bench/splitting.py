"""Splitting a secret and proving every combination, beside the PBKDF2 calls that SLIP-39 demands for it."""

import hashlib
from collections.abc import Iterator

from bench.figures import Figure, side_by_side
from escrowd.core.keys import random_bytes
from escrowd.core.shares import CLIENT_LAYOUT, combine, minimal_combinations, parse_card, split

ROUNDS, ITERATIONS = 4, 2500
"""Of the Feistel network of SLIP-39 at iteration exponent 0, each way."""

COMBINATIONS = 6
"""Two of four groups."""


def figures() -> Iterator[Figure]:
    """The goal: nothing but the key stretching costs."""
    secret = random_bytes(16)

    def ours() -> None:
        shares = split(secret, 4711, CLIENT_LAYOUT)
        cards = [parse_card(text) for texts in shares.values() for text in texts]
        opened = [combine(chosen) for chosen in minimal_combinations(cards)]
        assert opened == [secret] * COMBINATIONS

    def pbkdf2() -> None:
        for _ in range((1 + COMBINATIONS) * ROUNDS):
            hashlib.pbkdf2_hmac("sha256", b"\0", b"shamir" + secret, ITERATIONS, 8)

    mine, theirs = side_by_side(ours, pbkdf2, rounds=15)
    yield Figure(
        "split, prove 6 combinations",
        f"{1000 * mine:.1f} ms",
        f"28 x PBKDF2 {1000 * theirs:.1f} ms",
        mine / theirs,
        at_most=1.2,
    )
