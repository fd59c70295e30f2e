"""To which addresses a letter goes: ``core.addresses`` decides, for each deposit.

The provider's own addresses are those of the newest people file. Where addresses of a deposit were never
named (``core.addresses.name``), those of the people file stand as founding ones that nobody confirmed.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, Literal
from urllib.parse import urlsplit

from escrowd.core import addresses
from escrowd.core.addresses import Address, Addresses, domain_of
from escrowd.core.terms import PROVIDER
from escrowd.node.config import NodeConfig
from escrowd.node.store import Connection
from escrowd.node.store.people import Reader, To, load_reader
from escrowd.node.store.rights import all_addresses, load_addresses, load_domains

Purpose = Literal["mail", "silence", "request"]
"""A letter, a release by silence, a release by request."""

_WHERE: Final[dict[Purpose, Callable[[Addresses, str, int], Addresses]]] = {
    "mail": addresses.for_mail,
    "silence": addresses.for_silence,
    "request": addresses.for_request,
}


def reader_of(
    tx: Connection, awake: int, provider: str, person: str, *, client: str = "", purpose: Purpose = "mail"
) -> Reader | None:
    """A person and where letters about a client ("": about any) go. None: nobody knows the name any more."""
    return addressed(tx, awake, provider, load_reader(tx, provider, person), client=client, purpose=purpose)


def addressed(
    tx: Connection,
    awake: int,
    provider: str,
    reader: Reader | None,
    *,
    client: str,
    purpose: Purpose = "mail",
) -> Reader | None:
    """As ``reader_of``, for a person whose name is known."""
    if reader is None or reader.id == PROVIDER:
        return reader
    if client:
        found = load_addresses(tx, provider, client)
        known = {} if found is None else {client: found}
    else:
        known = all_addresses(tx, provider)
    if not any(one.person == reader.id for listed in known.values() for one in listed):
        return reader if purpose != "request" else replace(reader, addresses=())
    return replace(
        reader,
        addresses=_merged(_WHERE[purpose](listed, reader.id, awake) for listed in known.values()),
    )


def _merged(listed: Iterable[Addresses]) -> tuple[To, ...]:
    found = {one.id: To(one.id, one.address) for known in listed for one in known}
    return tuple(found.values())


def one_address(reader: Reader, address: Address) -> Reader:
    """The person, at one address alone."""
    return replace(reader, addresses=(To(address.id, address.address),))


def hanging_domains(tx: Connection, config: NodeConfig, provider: str, client: str) -> frozenset[str]:
    """The domains on which an address hangs: of the bundle, of the provider's addresses, of the node.

    Those of bundle and provider as they ever were at a deposit, and the provider's as they are now.
    """
    own = provider_domains(tx, provider)
    node = (urlsplit(config.public_url).hostname or "", domain_of(config.smtp.sender))
    return frozenset({*load_domains(tx, provider, client), *own, *node} - {""})


def provider_domains(tx: Connection, provider: str) -> tuple[str, ...]:
    """The domains of the provider's own addresses now."""
    about = load_reader(tx, provider, PROVIDER)
    return () if about is None else tuple(domain_of(to.address) for to in about.addresses)
