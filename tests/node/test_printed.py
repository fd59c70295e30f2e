"""A node tells the client that the printed list is old: what a deposit says of it, letters, names, ledger."""

import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from node.face_world import Answer, Node, Provider, digest, running
from node.rights_world import do, send, visit, waiting

from escrowd.core.statements import Arm, Deposit, End, NewTimings, OldList, PrintedList
from escrowd.core.terms import DAY, terms_sha256
from escrowd.core.wire import NamesFile
from escrowd.node.intake import acts

NAMES = ("Postfach info@korn.test", "Webshop")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(tmp_path / "node") as found:
        yield found


@pytest.fixture
def provider(node: Node) -> Provider:
    found = Provider(node)
    assert found.enrol().status == 200
    assert found.agree().status == 200
    return found


def names_file(names: tuple[str, ...] = NAMES, more: int = 0) -> bytes:
    return NamesFile(salt="11" * 16, names=names, more=more).model_dump_json(by_alias=True).encode()


def deposit(
    provider: Provider,
    revision: int = 2,
    *,
    first: int | None = 2,
    delivered: int | None = 1,
    names: bytes | None = names_file(),
) -> Answer:
    """A deposit that says how the client's list stands."""
    kept = provider.__dict__.setdefault("kept", {})
    files = kept.setdefault(revision, None) or provider.deposit_files(revision)
    kept[revision] = files  # the same revision is the same bytes
    sources = list(files.values())
    old = None
    if first is not None:
        old = OldList(first=first, since=provider.node.wall, names_sha256=names and digest(names))
        sources += [names] if names else []
    named = provider.deposit_body(files)
    body = Deposit(**{**dict(named), "printed": PrintedList(delivered=delivered, old=old)})
    return provider.tell(body, tuple(sources))


def out_of_trial(provider: Provider) -> None:
    assert provider.tell(Arm(client="bakery"), presence="typed").status == 200


def confirm(node: Node, person: str = "clientaa") -> None:
    do(acts.confirm_address, node, visit(node, "confirm-address", person, "address"))


def told(node: Node) -> list[tuple[str, str]]:
    """To whom letters about a list were written, and what they say."""
    found = []
    for _, person, _, data in node.letters("list-old"):
        body = message_from_bytes(data, policy=SMTP).get_body(("plain",))
        assert body is not None
        found.append((person, body.get_content()))
    return found


def test_the_client_is_told_though_the_provider_falls_silent(node: Node, provider: Provider) -> None:
    """30 d awake after the deposit the client reads Stand and names, with phrase and kit link; again 30 d later."""
    assert deposit(provider).status == 200
    out_of_trial(provider)
    confirm(node)
    node.pass_days(29)
    assert told(node) == []
    node.pass_days(1.1)
    ((person, text),) = told(node)
    assert person == "clientaa"
    flat = " ".join(text.split())
    assert "Ihre Zugangsliste (Stand 1) ist seit dem 1. Februar 2027 nicht mehr aktuell" in flat
    assert all(f"- {name}" in text for name in NAMES)
    assert "Anker, Brot, Fenster" in text
    assert do(acts.confirm_address, node, visit(node, "confirm-address", "clientaa", "address"))
    kit, status = (re.search(rf"http://127\.0\.0\.1:\d+(/p/{page}\?\S+)", text) for page in ("kit", "status"))
    assert kit
    assert status
    assert "Stand 2" in node.ask("GET", kit[1]).text
    assert node.ask("GET", status[1]).status == 200
    send(node)
    node.pass_days(29)
    assert len(told(node)) == 1
    node.pass_days(1.1)
    assert len(told(node)) == 2
    (held,) = provider.ask("standing").json["deposits"]
    assert node.wall - held["list_told"] < 2 * DAY
    kinds = {entry.type for entry in provider.ledger() if "list-old" in json.dumps(entry.body)}
    assert kinds == {"ordered", "accepted"}


def test_no_name_stands_in_a_subject_or_in_the_ledger_and_all_can_be_deleted(
    node: Node, provider: Provider
) -> None:
    """P10: names of entries are in one table that can be emptied; the letter is written without them, too."""
    deposit(provider)
    out_of_trial(provider)
    confirm(node)
    node.pass_days(31)
    (row,) = node.letters("list-old")
    assert not any(name in str(message_from_bytes(row[3], policy=SMTP)["Subject"]) for name in NAMES)
    assert "Webshop" not in json.dumps([entry.body for entry in provider.ledger()])
    tables = {name for name, rows in node.dump().items() if "Webshop" in str(rows)}
    assert tables == {"people", "outbox"}
    node.store.write_now(lambda tx: tx.exec_driver_sql("delete from people where kind = 'entry'"))
    node.pass_days(31)
    assert "Webshop" not in told(node)[-1][1]
    assert "Stand 1" in told(node)[-1][1]


def test_names_go_with_the_handover(node: Node, provider: Provider) -> None:
    """Once the list is current the node knows no name any more, writes nothing, and drops what waits."""
    deposit(provider)
    out_of_trial(provider)
    confirm(node)
    node.pass_days(31)
    assert [letter.kind for letter in waiting(node) if letter.kind == "list-old"]
    assert deposit(provider, 2, first=None, delivered=2).status == 200
    assert "Webshop" not in str(node.dump()["people"])
    assert "list-old" not in {letter.kind for letter in send(node)}
    node.pass_days(90)
    assert len(told(node)) == 1
    deposit(provider, 3, first=3, delivered=2)
    (held,) = provider.ask("standing").json["deposits"]
    assert held["list_told"] is None


def test_who_delivers_in_time_is_not_written_about(node: Node, provider: Provider) -> None:
    """Handed over on day 29, and a new change after it: the wait begins anew."""
    deposit(provider)
    out_of_trial(provider)
    confirm(node)
    node.pass_days(29)
    deposit(provider, 2, first=None, delivered=2)
    node.pass_days(1)
    deposit(provider, 3, first=3, delivered=2)
    node.pass_days(29)
    assert told(node) == []
    node.pass_days(1.1)
    assert "Stand 2" in told(node)[0][1]


def test_further_changes_do_not_put_it_off(node: Node, provider: Provider) -> None:
    """Counted from the first change that was not delivered, however often something changes after it."""
    deposit(provider)
    out_of_trial(provider)
    confirm(node)
    for revision in (3, 4, 5):
        node.pass_days(10.1)
        deposit(provider, revision, names=names_file((*NAMES, f"Neu {revision}"), more=revision))
    ((_, text),) = told(node)
    assert "Neu 4" in text
    assert "und 4 weitere Zugänge" in text


def test_an_address_that_nobody_confirmed_reads_no_names(node: Node, provider: Provider) -> None:
    """A wrong address in the first terms may be a stranger's: the letter goes there without names of entries."""
    deposit(provider)
    out_of_trial(provider)
    node.pass_days(31)
    ((person, text),) = told(node)
    assert person == "clientaa"
    assert "Stand 1" in text
    assert not any(name in text for name in NAMES)


def test_in_the_trial_the_provider_reads_it(node: Node, provider: Provider) -> None:
    """With a shorter wait than the trial: marked, to the provider, without links; to the client after it."""
    assert provider.agree(deliver_by=7 * DAY).status == 200
    assert deposit(provider).status == 200
    confirm(node)
    node.pass_days(29)
    ((person, text),) = told(node)
    assert person == "provider"
    assert "So sähe diese Nachricht an Marta Korn aus" in " ".join(text.split())
    assert "Webshop" in text
    assert "/p/kit" not in text
    node.pass_days(2)
    assert [person for person, _ in told(node)] == ["provider", "clientaa"]


def test_terms_with_a_shorter_wait_count_at_once(node: Node, provider: Provider) -> None:
    """What is better for the client holds from the next tick; a deposit that has ended tells nobody."""
    deposit(provider)
    out_of_trial(provider)
    confirm(node)
    node.pass_days(10)
    assert provider.agree(deliver_by=7 * DAY).status == 200
    node.pass_days(1)
    assert len(told(node)) == 1
    assert provider.tell(End(client="bakery")).status == 200
    for _ in range(2):
        assert provider.checkin().status == 200
        node.pass_days(20)
    before = len(told(node))
    assert provider.checkin().status == 200
    node.pass_days(80)
    assert len(told(node)) == before
    assert "Webshop" not in str(node.dump()["people"])


def test_a_file_of_names_is_checked_before_anything_counts(node: Node, provider: Provider) -> None:
    """P9: a missing or malformed file of names refuses the whole deposit, and nothing has changed."""
    before = node.dump()["deposits"]
    for names, code in ((b'{"schema": "escrow-names/1"}', "document.invalid"), (b"x", "json.malformed")):
        answer = deposit(provider, names=names)
        assert answer.code == code
    files = provider.deposit_files(2)
    old = OldList(first=2, since=0, names_sha256="ab" * 32)
    body = Deposit(**{**dict(provider.deposit_body(files)), "printed": PrintedList(old=old)})
    missing = provider.tell(body, tuple(files.values()))
    assert (missing.code, missing.fields["name"]) == ("file.missing", "names")
    assert node.dump()["deposits"] == before


def test_a_deposit_that_says_nothing_changes_nothing(node: Node, provider: Provider) -> None:
    """An older program's deposit, which does not speak of the list, leaves what is known as it is."""
    deposit(provider)
    out_of_trial(provider)
    confirm(node)
    assert provider.deposit(provider.deposit_files(3)).status == 200
    node.pass_days(31)
    assert len(told(node)) == 1


def test_terms_told_again_stay_confirmed(node: Node, provider: Provider) -> None:
    """P8: the same terms in a new statement stay confirmed; of others, who confirmed is asked to confirm them."""
    confirm(node)
    assert deposit(provider).status == 200

    def confirmed() -> list[dict[str, object]]:
        (held,) = provider.ask("standing").json["deposits"]
        return held["terms"]  # type: ignore[no-any-return]

    (first,) = confirmed()
    names = {"clientaa": "Marta Korn", "successa": "Nils Peters"}
    terms = provider.terms_body(provider.people())
    assert (first["person"], first["sha256"]) == ("clientaa", terms_sha256(terms, names))
    assert provider.agree().status == 200
    assert confirmed() == [first]
    do(acts.confirm_address, node, visit(node, "confirm-address", "clientaa", "address"))
    assert confirmed() == [first]
    entries = [entry for entry in provider.ledger() if entry.type == "address-confirmed"]
    assert len(entries) == 1
    asked = len(node.letters("confirm-address"))
    assert provider.agree(deliver_by=14 * DAY).status == 200
    (letter,) = node.letters("confirm-address")[asked:]
    subject = str(message_from_bytes(letter[3], policy=SMTP)["Subject"])
    assert (letter[1:3], subject) == (
        ("clientaa", "marta@korn.test"),
        "Neue Notfallvereinbarung für Bäckerei Korn",
    )
    assert provider.agree(deliver_by=14 * DAY).status == 200
    assert len(node.letters("confirm-address")) == asked + 1
    do(acts.confirm_address, node, visit(node, "confirm-address", "clientaa", "address"))
    assert confirmed()[0]["sha256"] == terms_sha256(terms.model_copy(update={"deliver_by": 14 * DAY}), names)


@pytest.mark.parametrize("by", ["terms", "timings"])
def test_another_person_under_an_old_id_is_confirmed_anew(node: Node, provider: Provider, by: str) -> None:
    """P8: who confirmed is asked again when an id means somebody else, whichever statement says so; not for an address."""
    confirm(node)
    deposit(provider)
    known = provider.people()
    (held,) = provider.ask("standing").json["deposits"]
    asked = len(node.letters("confirm-address"))
    other = known.replace(b"Nils Peters", b"Nora Quast")
    said = (
        provider.terms_body(other)
        if by == "terms"
        else NewTimings(timings=provider.timings, people_sha256=digest(other))
    )
    assert provider.tell(said, (other,)).status == 200
    (letter,) = node.letters("confirm-address")[asked:]
    assert letter[1:3] == ("clientaa", "marta@korn.test")
    text = message_from_bytes(letter[3], policy=SMTP).get_body(("plain",))
    assert text is not None
    assert "Nora Quast" in text.get_content()
    do(acts.confirm_address, node, visit(node, "confirm-address", "clientaa", "address"))
    (after,) = provider.ask("standing").json["deposits"]
    assert after["terms"][0]["sha256"] != held["terms"][0]["sha256"]
    assert len(node.letters("confirm-address")) == asked + 1
