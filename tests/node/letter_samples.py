"""One or more contexts for every kind of letter, with each branch of the templates taken somewhere."""

from collections.abc import Iterator
from dataclasses import replace

from node.rights_samples import rights_samples

from escrowd.node import letters

DAY = 86_400
SINCE = 1_801_440_000  # 1 February 2027, 00:00 in Berlin is an hour earlier

ALL = {
    "name": "Marta Korn",
    "phrase": "Lampe, Apfel, Gießkanne",
    "provider": "Jana Winter",
    "node": "Nordlicht",
}
OPERATOR = ALL | {"name": "Betrieb", "phrase": ""}
PLANNED = (
    letters.Planned(client="Bäckerei Korn", person="Marta Korn", role="client", earliest=SINCE + 51 * DAY),
    letters.Planned(
        client="Bäckerei Korn", person="Nils Peters", role="successor", earliest=SINCE + 51 * DAY
    ),
    letters.Planned(client="Praxis Dr. Öz", person="Bank im Ort", role="reserve", earliest=SINCE + 65 * DAY),
)
PARTS = (
    letters.Part(name="bundle.age", size=1_204_331),
    letters.Part(name="key-1.age", size=412),
    letters.Part(name="manifest.jws", size=1_930),
    letters.Part(name="INSTRUCTIONS.html", size=5_140),
)
LINK = "https://nordlicht.example/p/checkin?t=Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8"


def samples() -> Iterator[tuple[str, str, letters.Context]]:
    """(name of the case, kind, context)."""
    yield from rights_samples()
    old = letters.ListOld(
        **ALL,
        client="Bäckerei Korn",
        delivered=11,
        revision=14,
        since=SINCE - 30 * DAY,
        deliver_by=30 * DAY,
        names=("Postfach info@korn.example", "Webshop"),
        link=LINK.replace("checkin", "kit"),
        status=LINK.replace("checkin", "status"),
    )
    yield "list-old", "list-old", old
    yield "list-old-more", "list-old", replace(old, names=tuple(f"Zugang {n}" for n in range(64)), more=3)
    yield "list-old-unnamed", "list-old", replace(old, names=(), link="", status="")
    yield "list-old-none", "list-old", replace(old, delivered=None, names=())
    yield "confirmed", "confirmed", letters.Confirmed(**ALL, client="Bäckerei Korn", at=SINCE, page=LINK)
    for used in (0, 3):
        yield f"remind-{used}", "remind", letters.Remind(**ALL, deadline=SINCE, link=LINK, links_used=used)
    for name, rest in {
        "typed": {"how": "typed", "resumed": True, "cancelled": True},
        "pause": {"how": "typed", "paused_until": SINCE + 14 * DAY},
        "link": {"how": "link", "links_used": 2},
        "link-3": {"how": "link", "links_used": 3},
        "vouch": {"how": "vouch", "links_used": 3},
    }.items():
        yield f"checked-in-{name}", "checked-in", letters.CheckedIn(**ALL, **rest, deadline=SINCE)
    yield (
        "warn-0",
        "warn",
        letters.Warn(**ALL, deadline=SINCE, announce_from=SINCE + 14 * DAY, link=LINK, planned=PLANNED),
    )
    yield "warn-3", "warn", letters.Warn(**ALL, deadline=SINCE, announce_from=0, link=LINK, links_used=3)
    for blind in (False, True):
        yield (
            f"announce-provider-{blind}",
            "announce-provider",
            letters.AnnounceProvider(**ALL, silent_since=SINCE, link=LINK, planned=PLANNED, blind=blind),
        )
        for role in ("client", "successor", "reserve"):
            yield (
                f"announce-{role}-{blind}",
                "announce",
                letters.Announce(
                    **ALL,
                    client="Bäckerei Korn",
                    role=role,
                    silent_since=SINCE,
                    earliest=SINCE + 51 * DAY,
                    planned=PLANNED[:2] if blind else (),
                    blind=blind,
                ),
            )
    for role in ("client", "successor", "reserve"):
        for repeat in (0, 2):
            kind = "release-client" if role == "client" else "release-successor"
            yield (
                f"release-{role}-{repeat}",
                kind,
                letters.Release(
                    **ALL,
                    client="Bäckerei Korn",
                    role=role,
                    silent_since=SINCE,
                    set_number=1,
                    revision=12,
                    revision_on=SINCE - 40 * DAY,
                    parts=PARTS[1:] if repeat else PARTS,
                    page=LINK.replace("checkin", "release"),
                    bundle_link=LINK.replace("checkin", "kit") if repeat else "",
                    repeat=repeat,
                    others=PLANNED[:1] if repeat else (),
                    blind=bool(repeat),
                ),
            )
    whole = letters.Release(
        **ALL,
        client="Bäckerei Korn",
        role="client",
        silent_since=0,
        set_number=1,
        revision=12,
        revision_on=SINCE - 40 * DAY,
        parts=PARTS,
        page=LINK.replace("checkin", "release"),
        requested_on=SINCE,
        older=(
            letters.Older(revision=10, on=SINCE - 50 * DAY),
            letters.Older(revision=7, on=SINCE - 90 * DAY),
        ),
        mappe=False,
    )
    yield "release-requested", "release-client", whole
    kept = replace(
        whole,
        set_number=2,
        kept=(letters.Kept(number=1, revision=7, on=SINCE - 90 * DAY, key="key-1.age"),),
        older_shares=(letters.OlderShare(number=1, share=letters.share_marks(1)),),
        mappe=True,
    )
    yield "release-kept", "release-client", kept
    yield (
        "release-requested-successor",
        "release-successor",
        replace(whole, role="successor", others=PLANNED[:1]),
    )
    yield (
        "release-trial",
        "release-client",
        replace(whole, name="Jana Winter", trial_for="Marta Korn", share=()),
    )
    on_trial = ALL | {"name": "Jana Winter", "trial_for": "Marta Korn"}
    announced = letters.Announce(
        **on_trial, client="Bäckerei Korn", role="client", silent_since=SINCE, earliest=SINCE + 51 * DAY
    )
    yield "announce-trial", "announce", announced
    yield "announce-link", "announce", replace(announced, trial_for="", link=LINK.replace("checkin", "vouch"))
    receipt = letters.DepositReceipt(
        **ALL,
        client="Bäckerei Korn",
        role="client",
        revision=1,
        revision_on=SINCE,
        set_number=1,
        link=LINK.replace("checkin", "kit"),
        status=LINK.replace("checkin", "status"),
        trial_until=SINCE + 30 * DAY,
    )
    yield "deposit-receipt-trial", "deposit-receipt", receipt
    yield "deposit-receipt-kept", "deposit-receipt", replace(receipt, first=False, set_number=2, kept=(1,))
    yield (
        "all-clear",
        "all-clear",
        letters.AllClear(
            **ALL, client="Bäckerei Korn", by="Jana Winter", at=SINCE, deadline=SINCE + 30 * DAY
        ),
    )
    for ends in (False, True):
        yield (
            f"notice-{'end' if ends else 'terms'}",
            "notice",
            letters.Notice(**ALL, client="Bäckerei Korn", ends=ends, counts_from=SINCE + 30 * DAY),
        )
    yield (
        "unconfirmed",
        "unconfirmed",
        letters.Unconfirmed(
            **ALL, client="Bäckerei Korn", person="Nils Peters", role="successor", released_on=SINCE
        ),
    )
    for role, first in (("client", True), ("successor", False), ("reserve", True)):
        yield (
            f"deposit-receipt-{role}",
            "deposit-receipt",
            letters.DepositReceipt(
                **ALL,
                client="Bäckerei Korn",
                role=role,
                revision=12,
                revision_on=SINCE,
                set_number=1,
                link=LINK.replace("checkin", "kit"),
                first=first,
            ),
        )
    for hearing, waiting in (("good", 0), ("good", 3), ("deaf", 0), ("held", 0), ("unknown", 1)):
        yield (
            f"digest-{hearing}-{waiting}",
            "digest",
            letters.Digest(
                **OPERATOR,
                at=SINCE,
                providers=3,
                clients=1_042,
                current=1_039,
                overdue=2,
                announced=1,
                released=0,
                sent=27,
                waiting=waiting,
                oldest_waiting=SINCE - 7_200 if waiting else 0,
                hearing=hearing,
                behind=5_400,
                disk_free=84_000_000_000,
                stored=5_230_000,
                version="0.1.0",
            ),
        )
    for audience in ("operator", "provider", "client", "successor", "reserve"):
        who = (OPERATOR if audience == "operator" else ALL) | {"audience": audience}
        for reason in ("unreachable", "clock"):
            yield (
                f"alarm-deaf-{audience}-{reason}",
                "alarm-deaf",
                letters.AlarmDeaf(
                    **who,
                    since=SINCE,
                    url="https://nordlicht.example",
                    reason=reason,
                    runs_on=SINCE + 30 * DAY,
                ),
            )
        yield (
            f"alarm-deaf-limit-{audience}",
            "alarm-deaf-limit",
            letters.AlarmDeafLimit(**who, since=SINCE, at=SINCE + 30 * DAY, url="https://nordlicht.example"),
        )
        yield (
            f"alarm-heard-{audience}",
            "alarm-heard",
            letters.AlarmHeard(**who, since=SINCE, at=SINCE + 7_200, settle=DAY),
        )
        yield (
            f"alarm-held-{audience}",
            "alarm-held",
            letters.AlarmHeld(**who, since=SINCE, url="https://nordlicht.example"),
        )
        for subject in ("remind", "warn", "announce", "release", "other"):
            yield (
                f"alarm-refused-{audience}-{subject}",
                "alarm-refused",
                letters.AlarmRefused(
                    **who,
                    person="Nils Peters",
                    address="nils@peters.example",
                    subject=subject,
                    reply=550,
                    at=SINCE,
                ),
            )
        yield (
            f"alarm-key-{audience}",
            "alarm-key",
            letters.AlarmKey(
                **who, fingerprint="abcdefghijklmnopqrstuvwxyz234567", counts_from=SINCE + 7 * DAY
            ),
        )
        yield (
            f"alarm-restored-{audience}",
            "alarm-restored",
            letters.AlarmRestored(**who, at=SINCE, deadline=SINCE + 30 * DAY),
        )
        yield (
            f"alarm-lags-{audience}",
            "alarm-lags",
            letters.AlarmLags(**who, behind=4 * DAY + 7_200),
        )
        yield (
            f"alarm-damaged-{audience}",
            "alarm-damaged",
            letters.AlarmDamaged(**who, client="Bäckerei Korn", file="bundle.age", at=SINCE),
        )
