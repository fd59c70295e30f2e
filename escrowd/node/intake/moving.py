"""The provider's own addresses change as given. Those where letters went until now are told."""

from dataclasses import replace

from escrowd.core.terms import PROVIDER
from escrowd.node import letters
from escrowd.node.intake.taking import Taking
from escrowd.node.posting import Common, Link
from escrowd.node.store.people import Reader, load_reader


def tell_moved(taking: Taking, before: Reader | None) -> None:
    """Write to the provider's former addresses if one is missing now.

    Parameters: ``before``, the provider as known before the people file at hand was taken over.
    """
    after = load_reader(taking.tx, taking.statement.provider, PROVIDER)
    if before is None or after is None:
        return
    new = tuple(to.address for to in after.addresses)
    gone = tuple(to.address for to in before.addresses if to.address not in new)
    if not gone:
        return

    def letter(common: Common, _: Link) -> letters.Context:
        return letters.AddressChanged(**common, old=gone, new=new, at=taking.now.wall)

    taking.context.desk.order(
        taking.tx,
        taking.now,
        key=f"address-changed/{taking.statement.jti}",
        provider=taking.statement.provider,
        person=PROVIDER,
        kind="address-changed",
        make=letter,
        reader=replace(after, addresses=before.addresses),
    )
