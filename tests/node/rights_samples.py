"""Contexts for the letters about people, requests, witnesses, sets and trials, with each branch taken somewhere."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from escrowd.node import letters

DAY = 86_400
SINCE = 1_801_440_000
ALL: dict[str, Any] = {
    "name": "Marta Korn",
    "phrase": "Lampe, Apfel, Gießkanne",
    "provider": "Jana Winter",
    "node": "Nordlicht",
}
BAKERY = "Bäckerei Korn"
TOKEN = "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8"
AGREEMENT = letters.Agreement(
    client=BAKERY,
    role="client",
    beneficiaries=(
        letters.Entitled(person="Marta Korn", role="client", after=0),
        letters.Entitled(person="Nils Peters", role="successor", after=0),
        letters.Entitled(person="Bank im Ort", role="reserve", after=14 * DAY),
    ),
    witnesses=("Ute Brandt", "Ali Demir"),
    interval=30 * DAY,
    grace=14 * DAY,
    announce=7 * DAY,
    request_wait=DAY,
    delay_max=3 * DAY,
    operators=("Jana Winter",),
    sha256="5f" * 32,
    deliver_by=30 * DAY,
    code="abcdefgh" * 4,
)
PLAIN = replace(AGREEMENT, role="witness", witnesses=(), delay_max=0, code="")


def link(page: str) -> str:
    return f"https://nordlicht.example/p/{page}?o=order&t={TOKEN}"


def rights_samples() -> Iterator[tuple[str, str, letters.Context]]:
    """(name of the case, kind, context)."""
    yield from _people()
    yield from _requests()
    yield from _witnesses()
    yield from _sets()


def _people() -> Iterator[tuple[str, str, letters.Context]]:
    address = "marta.korn@privat.example"
    for name, agreements, rest in (
        ("client", (AGREEMENT,), {}),
        ("successor", (replace(AGREEMENT, role="successor"),), {"founding": False}),
        ("witness", (PLAIN,), {}),
        ("many", (AGREEMENT, PLAIN, replace(PLAIN, role="reserve"), AGREEMENT, PLAIN), {}),
        ("again", (AGREEMENT,), {"again": True}),
        ("keep", (AGREEMENT,), {"gone_from": SINCE + 30 * DAY}),
    ):
        yield (
            f"confirm-address-{name}",
            "confirm-address",
            letters.ConfirmAddress(
                **ALL, address=address, agreements=agreements, link=link("address"), **rest
            ),
        )
    for counts, status in ((0, link("status")), (SINCE + 30 * DAY, "")):
        yield (
            f"address-confirmed-{bool(counts)}",
            "address-confirmed",
            letters.AddressConfirmed(**ALL, address=address, at=SINCE, counts_from=counts, status=status),
        )
    yield (
        "address-added",
        "address-added",
        letters.AddressAdded(**ALL, address=address, counts_from=SINCE + 30 * DAY, link=link("remove")),
    )
    yield (
        "address-added-other",
        "address-added",
        letters.AddressAdded(
            **ALL, address="nils@neu.example", counts_from=SINCE + 30 * DAY, person="Nils Peters"
        ),
    )
    yield (
        "address-added-vouch",
        "address-added",
        letters.AddressAdded(
            **ALL,
            address="nils@neu.example",
            counts_from=SINCE + 30 * DAY,
            link=link("remove"),
            person="Nils Peters",
            vouch=True,
        ),
    )
    yield (
        "address-removing",
        "address-removing",
        letters.AddressRemoving(
            **ALL, address=address, by="marta@korn.example", at=SINCE, gone_from=SINCE + 30 * DAY
        ),
    )
    yield (
        "all-clear-witness",
        "all-clear",
        letters.AllClear(
            **ALL,
            client=BAKERY,
            by="Jana Winter",
            at=SINCE,
            deadline=SINCE + 30 * DAY,
            standing="witness",
            announced=False,
        ),
    )
    yield (
        "address-unwanted",
        "address-unwanted",
        letters.AddressUnwanted(**ALL, address=address, link=link("remove")),
    )
    yield (
        "address-removed",
        "address-removed",
        letters.AddressRemoved(**ALL, address=address, by="marta@korn.example", at=SINCE),
    )
    yield (
        "address-changed",
        "address-changed",
        letters.AddressChanged(
            **ALL, old=("jana@winter.example",), new=("jw@neu.example", "jw@privat.example"), at=SINCE
        ),
    )


def _requests() -> Iterator[tuple[str, str, letters.Context]]:
    about: dict[str, Any] = {
        **ALL,
        "client": BAKERY,
        "person": "Marta Korn",
        "role": "client",
        "id": "k3xq7a2b",
        "client_id": "baeckerei",
        "asked_on": SINCE,
        "earliest": SINCE + DAY,
    }
    theirs = {**about, "person": "Nils Peters", "role": "successor", "earliest": 0}
    readers: tuple[tuple[letters.Audience, bool], ...] = (
        ("provider", False),
        ("client", True),
        ("successor", False),
        ("reserve", False),
        ("witness", False),
    )
    for audience, asker in readers:
        who = {**about, "audience": audience, "asker": asker}
        objects = link("object") if audience == "client" else ""
        yield (
            f"request-received-{audience}",
            "request-received",
            letters.RequestReceived(**who, delay_max=3 * DAY, link=objects),
        )
        yield (
            f"request-delayed-{audience}",
            "request-delayed",
            letters.RequestDelayed(**who, seconds=2 * DAY, reason="Umzug des Servers am Montag", left=DAY),
        )
        yield (
            f"request-approved-{audience}",
            "request-approved",
            letters.RequestApproved(**who, by="Jana Winter"),
        )
        yield (
            f"request-objected-{audience}",
            "request-objected",
            letters.RequestObjected(**who, by="Marta Korn"),
        )
    for audience, asker in (("provider", False), ("client", False), ("successor", True)):
        who = {**theirs, "audience": audience, "asker": asker}
        yield (
            f"request-received-consent-{audience}",
            "request-received",
            letters.RequestReceived(**who, delay_max=0),
        )
        yield (
            f"request-delayed-consent-{audience}",
            "request-delayed",
            letters.RequestDelayed(**who, seconds=DAY, reason="Bitte erst anrufen"),
        )
        yield (
            f"request-approved-consent-{audience}",
            "request-approved",
            letters.RequestApproved(**{**who, "earliest": SINCE + 7 * DAY}, by="Marta Korn", by_client=True),
        )
    yield (
        "request-consent",
        "request-consent",
        letters.RequestConsent(**theirs, audience="client", asker=False, link=link("consent")),
    )


def _witnesses() -> Iterator[tuple[str, str, letters.Context]]:
    planned = (letters.Planned(client=BAKERY, person="Marta Korn", role="client", earliest=SINCE + 51 * DAY),)
    yield (
        "witness-overdue",
        "witness-overdue",
        letters.WitnessOverdue(
            **ALL,
            silent_since=SINCE,
            deadline=SINCE + 30 * DAY,
            announce_from=SINCE + 44 * DAY,
            link=link("vouch"),
        ),
    )
    for blind in (False, True):
        yield (
            f"witness-announced-{blind}",
            "witness-announced",
            letters.WitnessAnnounced(
                **ALL, silent_since=SINCE, planned=planned, link=link("vouch"), blind=blind
            ),
        )
    audiences: tuple[letters.Audience, ...] = ("provider", "client", "witness")
    for audience in audiences:
        yield (
            f"vouched-{audience}",
            "vouched",
            letters.Vouched(
                **ALL,
                audience=audience,
                by="Ute Brandt",
                standing="witness",
                at=SINCE,
                seconds=14 * DAY,
                until=SINCE + 28 * DAY,
                announced=audience == "client",
            ),
        )
        yield (
            f"vouched-{audience}-by-link",
            "vouched",
            letters.Vouched(
                **ALL,
                audience=audience,
                by="Jana Winter",
                standing="provider",
                at=SINCE,
                seconds=14 * DAY,
                until=SINCE + 28 * DAY,
            ),
        )
        yield (
            f"reported-{audience}",
            "reported",
            letters.Reported(
                **ALL,
                audience=audience,
                by="Ute Brandt",
                standing="witness",
                at=SINCE,
                link=link("vouch") if audience == "witness" else "",
            ),
        )
        yield (
            f"deadline-moved-{audience}",
            "deadline-moved",
            letters.DeadlineMoved(
                **ALL,
                audience=audience,
                by=("Ute Brandt", "Marta Korn"),
                at=SINCE,
                announce_from=SINCE + 14 * DAY,
            ),
        )


def _sets() -> Iterator[tuple[str, str, letters.Context]]:
    about: dict[str, Any] = {**ALL, "client": BAKERY}
    both = {"number": 2, "old": 1}
    yield "set-new", "set-new", letters.SetNew(**about, **both, role="client", link=link("card"))
    for why in ("proved", "missing", "at-once"):
        yield (
            f"set-confirm-{why}",
            "set-confirm",
            letters.SetConfirm(
                **about,
                **both,
                link=link("set"),
                why=why,
                ends_from=SINCE + 30 * DAY if why == "missing" else 0,
            ),
        )
    for audience in ("provider", "client"):
        by = "card" if audience == "client" else "confirmed"
        yield (
            f"set-retired-{audience}",
            "set-retired",
            letters.SetRetired(**about, **both, audience=audience, by=by, at=SINCE),
        )
        yield (
            f"set-unseal-{audience}",
            "set-unseal",
            letters.SetUnseal(
                **about,
                **both,
                audience=audience,
                counts_from=SINCE + 30 * DAY,
                link=link("card") if audience == "client" else "",
            ),
        )
        yield (
            f"card-proved-{audience}",
            "card-proved",
            letters.CardProved(
                **about,
                audience=audience,
                person="Marta Korn",
                role="client",
                set_number=1,
                at=SINCE,
                status=link("status") if audience == "client" else "",
            ),
        )
        for armed in (False, True):
            yield (
                f"trial-ended-{audience}-{armed}",
                "trial-ended",
                letters.TrialEnded(
                    **about,
                    audience=audience,
                    at=SINCE,
                    armed=armed,
                    gaps=("card.not-proved", "address.not-confirmed") if armed else (),
                    despite="Die Bank ist bis Montag zu" if armed else "",
                ),
            )
    for last in (0, SINCE - 380 * DAY):
        yield (
            f"drill-{bool(last)}",
            "drill",
            letters.Drill(**about, role="reserve", set_number=1, last=last, link=link("card")),
        )
