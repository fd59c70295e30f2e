"""One or more views for every page of a node, with each branch of the templates taken somewhere."""

from collections.abc import Iterator
from dataclasses import replace

from node.rights_samples import AGREEMENT, BAKERY, DAY, PLAIN, SINCE

from escrowd.node.letters import Planned
from escrowd.node.pages.views import (
    AddressView,
    Card,
    CheckinView,
    ConsentView,
    Delay,
    Frame,
    KitView,
    MessageView,
    NodeView,
    ObjectView,
    Offer,
    ProofView,
    ReleaseAskView,
    ReleaseView,
    RemoveView,
    Said,
    SetView,
    ShownAddress,
    ShownRequest,
    ShownShare,
    StatusView,
    View,
    VouchView,
)

CODE = "escrow-code/1.abcdefghijklmnopqrstuvwxyz234567.00112233445566778899aabbccddeeff"
WORDS = ("academic", *(["acid"] * 18), "username")
LATER = SINCE + 51 * DAY
CARDS = (
    Card(role="client", person="Marta Korn", set_number=1, proved=SINCE - 40 * DAY),
    Card(role="successor", person="Nils Peters", set_number=1, proved=0),
    Card(role="reserve", person="Bank im Ort", set_number=1, proved=SINCE - 390 * DAY),
)
ASKED = ShownRequest(role="client", person="Marta Korn", opened=SINCE, state="waiting", earliest=SINCE + DAY)
DELAYED = replace(
    ASKED,
    delays=(Delay(seconds=2 * DAY, reason="Umzug des Servers am Montag", made=SINCE),),
    objected=True,
)
THEIRS = ShownRequest(role="successor", person="Nils Peters", opened=SINCE, state="consent", earliest=0)
SAID = (
    Said(what="vouch", person="Ute Brandt", standing="witness", at=SINCE),
    Said(what="report", person="Marta Korn", standing="client", at=SINCE),
    Said(what="vouch", person="Jana Winter", standing="provider", at=SINCE),
)
OLDER = Offer(revision=9, received=SINCE - 90 * DAY, size=1_104_331, mappe=True)
RELEASE = ReleaseView(
    client=BAKERY,
    role="client",
    requested=False,
    kits=(Offer(revision=12, received=SINCE, size=1_204_331, mappe=True), OLDER),
    shares=(ShownShare(number=1, words=WORDS),),
    confirmed=0,
)
STATUS = StatusView(
    client=BAKERY,
    role="client",
    phase="current",
    checked_in=SINCE - 3 * DAY,
    deadline=SINCE + 27 * DAY,
    next_on=SINCE + 41 * DAY,
    revision=12,
    revision_on=SINCE - 40 * DAY,
    next_by=SINCE + 360 * DAY,
    now=SINCE,
    size=1_204_331,
    mappe=True,
    fetched=12,
    terms_confirmed=SINCE - 200 * DAY,
    cards=CARDS,
    addresses=(
        ShownAddress(address="marta@korn.example", state="founding"),
        ShownAddress(address="marta.korn@privat.example", state="confirmed"),
        ShownAddress(address="buero@korn.example", state="waiting", counts_from=SINCE + 20 * DAY),
        ShownAddress(address="neu@korn.example", state="asked"),
        ShownAddress(address="alt@korn.example", state="removed"),
    ),
)


def frame(language: str) -> Frame:
    """A page of the client's."""
    return Frame(
        language="de" if language == "de" else "en",
        node="Nordlicht",
        name="Marta Korn",
        phrase="Lampe, Apfel, Gießkanne",
        provider="Jana Winter",
    )


def pages() -> Iterator[tuple[str, View]]:
    """(name of the case, view)."""
    for message in ("link", "gone", "wait", "missing", "trouble"):
        code = "store.full" if message == "trouble" else ""
        yield f"message-{message}", MessageView(message=message, code=code)
    yield from _old_pages()
    yield from _proofs()
    yield from _people()
    yield from _silence()


def _old_pages() -> Iterator[tuple[str, View]]:
    for state in ("ask", "done", "spent", "old"):
        spent = state == "spent"
        view = CheckinView(
            state=state, deadline=SINCE, passed=spent, links_used=3 if spent else 1, spent=spent
        )
        yield f"checkin-{state}", view
    paid = {"node": SINCE + 300 * DAY, "domain": SINCE - DAY}
    fingerprint = "abcdefghijklmnopqrstuvwxyz234567"
    yield (
        "node",
        NodeView(operator="Olaf Betrieb", fingerprint=fingerprint, version="0.2.0", paid=paid, now=SINCE),
    )
    kit = KitView(client=BAKERY, revision=12, received=SINCE, size=1_204_331, mappe=True)
    yield "kit", kit
    older_set = replace(OLDER, number=1)
    yield "kit-kept", replace(kit, kept=(older_set,))
    yield "release-kept", replace(RELEASE, kept=(older_set,))
    yield "kit-large", replace(kit, mappe=False, size=24_000_000)
    yield "release-ask", ReleaseAskView()
    yield "release", RELEASE
    yield "release-successor", replace(RELEASE, role="successor", confirmed=SINCE, requested=True)
    large = Offer(revision=12, received=SINCE, size=24_000_000, mappe=False)
    yield "release-reserve-large", replace(RELEASE, role="reserve", kits=(large,))


def _proofs() -> Iterator[tuple[str, View]]:
    for purpose in ("request", "card-proof", "retire"):
        ask = ProofView(purpose=purpose, state="ask", code=CODE)
        yield f"proof-{purpose}", ask
        done = replace(
            ask,
            state="done",
            code="",
            client=BAKERY,
            role="client",
            set_number=2,
            earliest=SINCE + DAY,
        )
        yield f"proof-{purpose}-done", done
    joined = ProofView(
        purpose="request", state="done", client=BAKERY, role="successor", set_number=1, joined=True
    )
    yield "proof-request-joined", joined
    for reason in (
        "malformed",
        "old",
        "purpose",
        "node",
        "unknown",
        "nodes",
        "client",
        "only",
        "nobody",
        "other",
    ):
        yield (
            f"proof-refused-{reason}",
            ProofView(purpose="request", state="refused", code=CODE, reason=reason),
        )


def _people() -> Iterator[tuple[str, View]]:
    address = "marta.korn@privat.example"
    confirm = AddressView(state="ask", address=address, agreements=(AGREEMENT,))
    yield "address-ask", confirm
    yield (
        "address-ask-witness",
        replace(confirm, agreements=(PLAIN, replace(PLAIN, role="successor")), founding=False),
    )
    yield "address-done", replace(confirm, state="done", status="/p/status?o=order&t=token")
    yield "address-done-later", replace(confirm, state="done", counts_from=SINCE + 30 * DAY)
    yield "address-removed", replace(confirm, state="removed", agreements=(replace(PLAIN, role="reserve"),))
    for state in ("ask", "done", "owned", "last", "hangs", "old"):
        yield f"remove-{state}", RemoveView(state=state, address=address)
    yield "remove-ask-own", RemoveView(state="ask", address=address, own=True)
    yield "remove-ask-other", RemoveView(state="ask", address=address, owner="Nils Peters")
    yield "remove-ask-theirs", RemoveView(state="ask", address=address, own=True, owner="Nils Peters")
    yield "remove-owned-theirs", RemoveView(state="owned", address=address, owner="Nils Peters")
    yield "remove-ask-later", RemoveView(state="ask", address=address, gone_from=SINCE + 30 * DAY)
    yield "remove-done-later", RemoveView(state="done", address=address, gone_from=SINCE + 30 * DAY)
    for state in ("ask", "done", "again", "hangs", "late"):
        request = DELAYED if state == "ask" else replace(ASKED, state="due" if state == "late" else "waiting")
        yield f"object-{state}", ObjectView(state=state, client=BAKERY, request=request)
    for state in ("ask", "done", "old"):
        request = THEIRS
        if state == "old":
            request = replace(THEIRS, state="released", approved=True)
        yield f"consent-{state}", ConsentView(state=state, client=BAKERY, request=request)
    cards = tuple(replace(card, set_number=2, proved=SINCE) for card in CARDS)
    confirm = SetView(state="ask", why="proved", client=BAKERY, number=2, old=1, cards=cards)
    for why in ("proved", "missing", "at-once"):
        yield f"set-ask-{why}", replace(confirm, why=why)
    later = replace(confirm, ends_from=SINCE + 30 * DAY, why="proved")
    yield "set-ask-later", later
    yield "set-waiting-later", replace(later, state="waiting")
    for state in ("done", "waiting", "hangs", "old"):
        yield f"set-{state}", replace(confirm, state=state, cards=cards if state == "waiting" else ())


def _silence() -> Iterator[tuple[str, View]]:
    vouch = VouchView(
        state="ask",
        phase="overdue",
        silent_since=SINCE - 33 * DAY,
        next_on=SINCE + 11 * DAY,
        said=(),
        vouch="yes",
        report="yes",
    )
    yield "vouch-ask", vouch
    yield "vouch-refused", replace(vouch, state="refused", vouch="twice", report="paused", said=SAID)
    for state in ("vouched", "reported", "moved"):
        yield f"vouch-{state}", replace(vouch, state=state, said=SAID[:1], phase="announced")
    for why in ("current", "used-up", "late", "nobody"):
        phase = {"current": "current", "late": "released"}.get(why, "announced")
        yield f"vouch-{why}", replace(vouch, phase=phase, vouch=why, report=why)
    yield "status-current", STATUS
    yield (
        "status-trial",
        replace(STATUS, trial_until=SINCE + 30 * DAY, fetched=0, terms_confirmed=0, mappe=False),
    )
    yield (
        "status-overdue",
        replace(
            STATUS,
            phase="overdue",
            said=SAID,
            requests=(DELAYED, THEIRS, replace(ASKED, state="released", approved=True, earliest=0)),
            fetched=9,
            next_by=SINCE - DAY,
            new_set=2,
            notice_on=SINCE + 30 * DAY,
        ),
    )
    planned = (
        Planned(client=BAKERY, person="Marta Korn", role="client", earliest=LATER),
        Planned(client=BAKERY, person="Nils Peters", role="successor", earliest=LATER),
    )
    yield (
        "status-announced",
        replace(STATUS, phase="announced", planned=planned, notice_on=SINCE + 30 * DAY, notice_ends=True),
    )
    yield "status-kept", replace(STATUS, fetched=9, kept=(replace(OLDER, number=1),))
    yield "status-released", replace(STATUS, phase="released", paused_until=SINCE + DAY)
