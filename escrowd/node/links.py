"""Links in mails: which page, which order, and a token that only this node can make.

The token is derived from the order's key and the address's id, so a letter that is tried again carries the
same link, and no link is stored. Who clicked is known by the address to which the letter went. The token
travels in the query, which nobody here logs (P10). What a link may do is decided by the page, from the order
that it names; the token only proves that this node wrote it.
"""

from typing import Final, Literal
from urllib.parse import urlencode

from escrowd.core.keys import link_token, same_token

Page = Literal[
    "checkin",
    "kit",
    "release",
    "address",  # confirm it
    "remove",  # an address
    "status",  # how things stand, for a long time
    "request",  # a release, with a card
    "card",  # prove one
    "object",  # to a request
    "consent",  # to a successor's request
    "vouch",  # or report
    "set",  # confirm a new one
]

#: A longer order key was not written by a node.
MAX_ORDER: Final = 512


def page_link(url: str, page: Page, key: bytes, order: str, address: str = "") -> str:
    """The address of a page for one letter.

    Parameters: ``url``, the node's public URL; ``page``, which page; ``key``, the node's link key
    (``core.keys.link_key``); ``order``, the key of the order that the letter carries out; ``address``, the id
    of the address to which it goes, "" where it does not matter.
    """
    query = {"o": order, "a": address, "t": link_token(key, _named(order, address))}
    return f"{url.rstrip('/')}/p/{page}?{urlencode({name: value for name, value in query.items() if value})}"


def is_ours(key: bytes, order: str, token: str, address: str = "") -> bool:
    """Whether ``token`` is this node's for ``order``, compared without telling where it differs."""
    named = _named(order, address)
    return len(named) <= MAX_ORDER and same_token(link_token(key, named), token)


def _named(order: str, address: str) -> str:
    # No key of an order and no id has a space in it.
    return f"{order} {address}" if address else order
