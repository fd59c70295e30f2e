import pytest

from escrowd.core.bundle import (
    Bundle,
    Contact,
    Decision,
    Document,
    Entry,
    Origin,
    bundle_from_bytes,
    bundle_to_bytes,
    changed,
    changed_entries,
    differences,
    explain,
    former_entry_id,
    put_contact,
    put_decision,
    put_document,
    put_entry,
    record,
    remove_document,
    remove_entry,
    restore_entry,
    unexplained,
)
from escrowd.errors import EscrowdError

EMPTY = Bundle(client="x", name="Praxis", language="de", profile="guided", revision=0)
MAIL = Entry(id="aaaaaaaa", title="E-Mail", kind="mail", password="alt")
SHOP = Entry(id="aaaaaaab", title="Shop", kind="website-login", depends_on=("aaaaaaaa",))
PLAN = Document(id="aaaaaaac", name="Plan", file="Plan", size=1, sha256="0" * 64, entry="aaaaaaab")


def story() -> Bundle:
    """Four revisions: two entries, a new password, a document, the mailbox removed."""
    first = record(EMPTY, put_entry(put_entry(EMPTY, MAIL), SHOP), when=100, reason="import")
    second = record(first, put_entry(first, MAIL.model_copy(update={"password": "neu"})), when=200)
    third = record(second, put_document(second, PLAN), when=300)
    return record(third, remove_entry(third, MAIL.id), when=400)


def code_of(function, *args, **kwargs) -> str:
    with pytest.raises(EscrowdError) as caught:
        function(*args, **kwargs)
    return caught.value.code


def test_each_revision_says_what_changed():
    """The history names, for each revision, when, what was done to which thing, and which fields changed."""
    told = [
        (revision.number, revision.when, [(c.action, c.subject, c.title, c.fields) for c in revision.changes])
        for revision in story().history
    ]
    assert told == [
        (1, 100, [("added", "entry", "E-Mail", ()), ("added", "entry", "Shop", ())]),
        (2, 200, [("changed", "entry", "E-Mail", ("password",))]),
        (3, 300, [("added", "document", "Plan", ())]),
        (4, 400, [("changed", "entry", "Shop", ("depends_on",)), ("removed", "entry", "E-Mail", ())]),
    ]


def test_a_history_survives_its_bytes():
    """Former states are read back from ``bundle.json`` as they were."""
    assert bundle_from_bytes(bundle_to_bytes(story())) == story()


def test_no_change_makes_no_revision():
    """What changed nothing leaves the revision number alone, so that printed lists stay current."""
    bundle = story()
    assert record(bundle, changed(bundle, entries=bundle.entries), when=500) == bundle


def test_what_only_an_import_remembers_makes_no_revision():
    """The marks that the next import needs are kept, and the list does not become out of date for them."""
    bundle = story()
    shop = bundle.entries[0].model_copy(update={"origin": Origin(source="keepass", key="1")})
    marked = record(bundle, put_entry(bundle, shop), when=500)
    assert marked.entries[0].origin == Origin(source="keepass", key="1")
    assert (marked.revision, marked.history) == (bundle.revision, bundle.history)


def test_a_removed_entry_comes_back():
    """A removed entry is restored with its last state, found by the title that it had."""
    bundle = story()
    assert former_entry_id(bundle, "e-mail") == MAIL.id
    restored = restore_entry(bundle, MAIL.id)
    assert restored.entries[-1].password == "neu"


def test_an_entry_becomes_what_it_was_in_a_revision():
    """With a revision, an entry gets the state that it had then."""
    bundle = story()
    assert restore_entry(bundle, MAIL.id, 1).entries[-1].password == "alt"
    assert restore_entry(bundle, MAIL.id, 2).entries[-1].password == "neu"
    assert restore_entry(bundle, SHOP.id, 1).entries[0].depends_on == ()  # the mailbox is gone
    again = record(bundle, restore_entry(bundle, MAIL.id), when=500)
    assert restore_entry(again, SHOP.id, 3).entries[0].depends_on == (MAIL.id,)


def test_what_never_was_cannot_come_back():
    """Nothing is restored from before an entry was there, from a revision to come, or by an unknown name."""
    bundle = story()
    assert code_of(restore_entry, bundle, MAIL.id, 0) == "bundle.nothing-to-restore"
    assert code_of(restore_entry, bundle, SHOP.id, bundle.revision + 1) == "bundle.revision-unknown"
    assert restore_entry(bundle, SHOP.id, bundle.revision) == bundle
    assert code_of(restore_entry, bundle, "zzzzzzzz") == "bundle.nothing-to-restore"
    assert code_of(former_entry_id, bundle, "Fax") == "bundle.entry-unknown"


def test_two_removed_entries_of_one_title_are_told_apart():
    """Where a title stood for two removed entries, the ids are named instead of choosing one."""
    twins = put_entry(put_entry(EMPTY, MAIL), MAIL.model_copy(update={"id": "baaaaaaa"}))
    bundle = record(record(EMPTY, twins, when=1), EMPTY, when=2)
    assert code_of(former_entry_id, bundle, "E-Mail") == "bundle.entry-ambiguous"
    assert former_entry_id(bundle, "baaaaaaa") == "baaaaaaa"


def test_changed_entries_since_a_revision():
    """The entries whose sheets are out of date are those that changed since, by themselves or by a document."""
    bundle = story()
    assert changed_entries(bundle, 0) == (MAIL.id, SHOP.id)
    assert changed_entries(bundle, 2) == (SHOP.id, MAIL.id)
    gone = record(bundle, remove_document(bundle, PLAN.id), when=500)
    assert changed_entries(gone, 4) == (SHOP.id,)
    assert changed_entries(bundle, 4) == ()


def test_the_bundles_own_fields_and_orders_count():
    """A new name, another profile and another order of the entries are changes too, their former values kept."""
    bundle = put_entry(put_entry(EMPTY, MAIL), SHOP)
    other = changed(bundle, name="Praxis Dr. Ä", groups=(("Web",),), entries=tuple(reversed(bundle.entries)))
    (change,) = differences(bundle, other)
    assert (change.subject, change.fields) == ("bundle", ("name", "groups", "entries"))
    assert change.values == {"name": "Praxis", "groups": ()}
    called = put_contact(bundle, Contact(id="aaaaaaad", name="Bank", kind="other"))
    assert [(c.subject, c.action) for c in differences(bundle, called)] == [("contact", "added")]
    assert [(c.subject, c.action) for c in differences(called, bundle)] == [("contact", "removed")]


def test_a_reason_is_kept_beside_what_was_done():
    """Why and by whom stand in the revision, given with it or later, and a reason that is there stays."""
    old = story()
    shop = old.entries[0].model_copy(update={"user": "neu"})
    new = record(old, put_entry(old, shop), when=500, reason="entry edit", why="Umzug", asked_by="Frau Korn")
    assert (new.history[-1].reason, new.history[-1].why, new.history[-1].asked_by) == (
        "entry edit",
        "Umzug",
        "Frau Korn",
    )
    later = explain(new, {2, new.revision}, why="Kennwort war bekannt")
    assert [one.why for one in later.history if one.number in {2, new.revision}] == [
        "Kennwort war bekannt",
        "Umzug",
    ]
    assert later.revision == new.revision


def test_what_wants_a_reason():
    """Changed entries do; the entries that a list begins with do not, nor decisions, nor what has a reason."""
    decision = Decision(id="dddddddd", date="2026-11-24", status="decided", reason="so")
    first = record(EMPTY, put_entry(EMPTY, MAIL), when=100)
    decided = record(first, put_decision(first, decision, first.entries[0]), when=200)
    added = record(decided, put_entry(decided, SHOP), when=300)
    said = record(added, remove_entry(added, SHOP.id), when=400, why="gekündigt")
    assert [(one.number, [change.title for change in one.changes]) for one in unexplained(said, 0)] == [
        (3, [SHOP.title])
    ]
    assert unexplained(said, 3) == ()
