"""A people file is taken over: the provider's own addresses change as given, and others may be meant now.

Letters go to the provider's former addresses. Who confirmed terms in which somebody has another name since is
asked to confirm them again: the same id would else stand for another person (P8).
"""

from dataclasses import replace

from escrowd.core.terms import PROVIDER, people_of
from escrowd.core.wire import PeopleFile
from escrowd.node import letters
from escrowd.node.asking import Place
from escrowd.node.intake.addressing import ask_again
from escrowd.node.intake.circle import Case
from escrowd.node.intake.taking import Taking
from escrowd.node.posting import Common, Link
from escrowd.node.store.deposits import clients_of, load_terms
from escrowd.node.store.people import Reader, load_reader, person_names, save_people


def renew_people(taking: Taking, file: PeopleFile, *, but: str = "") -> None:
    """Take over a people file, and write the letters that follow.

    Parameters: ``but``, a client whose people are asked anyway.
    """
    tx, provider = taking.tx, taking.statement.provider
    before, names = load_reader(tx, provider, PROVIDER), person_names(tx, provider)
    save_people(tx, provider, file)
    _tell_moved(taking, before)
    now = person_names(tx, provider)
    renamed = {person for person, name in names.items() if now.get(person) != name}
    for client in clients_of(tx, provider) if renamed else ():
        terms = load_terms(tx, provider, client)
        if terms is not None and client != but and renamed & people_of(terms):
            ask_again(Case(taking.context, Place(tx, taking.now, provider, client)), terms)


def _tell_moved(taking: Taking, before: Reader | None) -> None:
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
