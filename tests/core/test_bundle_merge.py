import hashlib

import pytest

from escrowd.core.bundle import (
    Bundle,
    Decision,
    Document,
    Entry,
    FreeField,
    Origin,
    SecondFactor,
    Totp,
    changed,
    put_document,
    put_entry,
    record,
    remove_entry,
)
from escrowd.core.bundle.imported import Imported, NotCarried, new_document
from escrowd.core.bundle.merge import MergeReport, merge, ours_stays, without_removed
from escrowd.core.keys import new_id
from escrowd.errors import NotFoundError

EMPTY = Bundle(client="x", name="Praxis", language="de", profile="guided", revision=0)
CARRIES = frozenset(["title", "user", "password", "urls", "notes", "totp", "fields", "tags", "group"])
TODAY = "2026-11-24"


def entry(title: str = "Shop", key: str = "k1", **values: object) -> Entry:
    origin = Origin(source="keepass", key=key)
    return Entry(id=new_id(), title=title, kind="other", origin=origin, **values)


def export(
    *entries: Entry, files: dict[str, bytes] | None = None, source: str = "keepass", **values: object
) -> Imported:
    """An export of ``entries``, with ``files`` attached to the first."""
    documents = [new_document(new_id(), name, data, entries[0].id) for name, data in (files or {}).items()]
    contents = dict(zip((d.id for d in documents), (files or {}).values(), strict=True))
    return Imported(
        source=source,
        scope=str(values.get("scope", "")),
        entries=entries,
        documents=tuple(documents),
        contents=contents,
        groups=tuple(dict.fromkeys(e.group for e in entries if e.group)),
        not_carried=(NotCarried("Shop", "History", "history", 2),),
        carries=CARRIES,
    )


def ids(lines) -> list[str]:
    return [line.title for line in lines]


def outcome(report: MergeReport) -> tuple[list[str], list[str], list[str], list[str]]:
    return ids(report.added), ids(report.changed), ids(report.missing), ids(report.unchanged)


def test_a_first_import_adds_everything():
    """All entries, groups and files of a first import arrive, and what could not come along is passed on."""
    shop = entry(password="ä", group=("Web",))
    report = merge(EMPTY, export(shop, entry("Mail", "k2"), files={"plan.pdf": b"PDF"}), today=TODAY)
    assert outcome(report) == (["Shop", "Mail"], [], [], [])
    assert report.bundle.groups == (("Web",),)
    (document,) = report.bundle.documents
    assert (document.entry, report.contents[document.id]) == (shop.id, b"PDF")
    assert report.not_carried == (NotCarried("Shop", "History", "history", 2),)


def test_importing_the_same_again_changes_nothing():
    """The same export a second time, with other random ids, leaves the bundle and its revision as they are."""
    first = record(
        EMPTY, merge(EMPTY, export(entry(tags=("a", "b")), files={"p": b"1"}), today=TODAY).bundle, when=1
    )
    report = merge(first, export(entry(tags=("a", "b")), files={"p": b"1"}), today="2027-01-01")
    assert outcome(report) == ([], [], [], ["Shop"])
    assert record(first, report.bundle, when=2) == first


def test_a_change_in_the_export_arrives():
    """What changed in the password manager since the last import is taken over and named by field."""
    first = merge(EMPTY, export(entry(password="alt", notes="n")), today=TODAY).bundle
    report = merge(first, export(entry(password="neu", notes="")), today=TODAY)
    assert [(line.fields, line.conflicts) for line in report.changed] == [(("password", "notes"), ())]
    assert (report.bundle.entries[0].password, report.bundle.entries[0].notes) == ("neu", "")


def test_an_edit_by_hand_outlives_an_import_without_news():
    """A field that was corrected here stays, as long as the export still says what it said."""
    first = merge(EMPTY, export(entry(password="alt")), today=TODAY).bundle
    mine = put_entry(first, first.entries[0].model_copy(update={"password": "hier", "title": "Laden"}))
    report = merge(mine, export(entry(password="alt")), today=TODAY)
    assert outcome(report) == ([], [], [], ["Laden"])
    assert report.bundle.entries[0].password == "hier"


def test_where_both_changed_the_export_wins_and_it_is_said():
    """A conflict is named, and the value that was here stands in the history."""
    first = merge(EMPTY, export(entry(password="alt")), today=TODAY).bundle
    mine = put_entry(first, first.entries[0].model_copy(update={"password": "hier"}))
    report = merge(mine, export(entry(password="dort")), today=TODAY)
    assert report.changed[0].conflicts == ("password",)
    recorded = record(mine, report.bundle, when=1)
    assert recorded.history[-1].changes[0].entry.password == "hier"


def test_what_no_format_carries_is_never_touched():
    """Decisions, purpose, second factor and what depends on what are the provider's work and stay."""
    first = merge(EMPTY, export(entry(), entry("Mail", "k2")), today=TODAY).bundle
    shop, mail = first.entries
    work = {
        "purpose": "Verkauf",
        "kind": "payment",
        "second_factor": SecondFactor(kind="key", device="Tresor"),
        "decisions": (Decision(id=new_id(), date=TODAY, status="decided", reason="billig"),),
        "depends_on": (mail.id,),
        "renewal": "2027-01-01",
    }
    mine = put_entry(first, shop.model_copy(update=work))
    totp = Totp(secret="JBSWY3DPEHPK3PXP", algorithm="SHA1", digits=6, period=30)
    again = entry(password="neu", totp=totp, second_factor=SecondFactor(kind="totp"))
    merged = merge(mine, export(again, entry("Mail", "k2")), today=TODAY).bundle.entries[0]
    assert {name: getattr(merged, name) for name in work} == work
    assert (merged.password, merged.totp) == ("neu", totp)


def test_a_second_factor_is_filled_in_where_none_is_recorded():
    """An import that brings a TOTP says so where nobody recorded a second factor."""
    first = merge(EMPTY, export(entry()), today=TODAY).bundle
    report = merge(first, export(entry(second_factor=SecondFactor(kind="totp"))), today=TODAY)
    assert report.bundle.entries[0].second_factor == SecondFactor(kind="totp")


def test_lists_are_merged_item_by_item():
    """Free fields, URLs and tags added here stay beside those that came and went in the export."""
    pin, puk, mine = (FreeField(name=name, value=name) for name in ("PIN", "PUK", "hier"))
    first = merge(EMPTY, export(entry(fields=(pin, puk), tags=("a", "b"))), today=TODAY).bundle
    edited = first.entries[0].model_copy(update={"fields": (pin, mine), "tags": ("a", "b", "c")})
    new_pin = FreeField(name="PIN", value="neu")
    report = merge(
        put_entry(first, edited), export(entry(fields=(new_pin, puk), tags=("b", "d"))), today=TODAY
    )
    assert report.bundle.entries[0].fields == (new_pin, mine)
    assert set(report.bundle.entries[0].tags) == {"b", "c", "d"}


def test_what_is_missing_stays_and_is_marked():
    """An entry that the export no longer has is kept with the day it was missed, and unmarked when it is back."""
    first = merge(EMPTY, export(entry(), entry("Mail", "k2"), files={"p": b"1"}), today=TODAY).bundle
    report = merge(first, export(entry("Mail", "k2")), today="2026-12-01")
    assert (ids(report.missing), len(report.documents_missing)) == (["Shop"], 1)
    assert report.bundle.entries[0].origin.missing_since == "2026-12-01"
    assert report.bundle.documents[0].origin.missing_since == "2026-12-01"
    later = merge(report.bundle, export(entry("Mail", "k2")), today="2027-01-01")
    assert later.bundle == report.bundle
    back = merge(later.bundle, export(entry(), entry("Mail", "k2"), files={"p": b"1"}), today="2027-02-01")
    assert ids(back.back) == ["Shop"]
    assert back.bundle == first


def test_other_sources_and_hand_made_entries_are_not_missing():
    """An import says nothing about what came from elsewhere: by hand, another program, another database."""
    made = put_entry(EMPTY, Entry(id=new_id(), title="Tresor", kind="other"))
    both = merge(made, export(entry(), scope="db1"), today=TODAY).bundle
    report = merge(both, export(entry("Mail", "k9"), scope="db2"), today=TODAY)
    assert ids(report.missing) == []
    other = Entry(id=new_id(), title="Shop", kind="other", origin=Origin(source="chrome-csv"))
    assert ids(merge(both, export(other, source="chrome-csv"), today=TODAY).added) == ["Shop"]


def test_entries_are_found_again_by_key_then_by_look():
    """A key outlives a new title; without one, group, title, user and first URL tell, also for one made by hand."""
    first = merge(EMPTY, export(entry("Shop", "k1")), today=TODAY).bundle
    renamed = merge(first, export(entry("Laden", "k1")), today=TODAY)
    assert (outcome(renamed), len(renamed.bundle.entries)) == (([], ["Laden"], [], []), 1)
    other_key = merge(first, export(entry("Shop", "k2")), today=TODAY)
    assert outcome(other_key) == ([], [], [], ["Shop"])
    made = put_entry(EMPTY, Entry(id=new_id(), title="Shop", kind="mail", notes="von Hand"))
    taken = merge(made, export(entry("Shop", password="p")), today=TODAY)
    assert [(e.notes, e.password, e.kind) for e in taken.bundle.entries] == [("von Hand", "p", "mail")]


def test_entries_that_look_alike_stay_apart():
    """Three entries of one look remain three, however often they are imported."""
    same = [entry("Shop", "", password=str(number)) for number in range(3)]
    first = merge(EMPTY, export(*same), today=TODAY).bundle
    again = merge(first, export(*[entry("Shop", "", password=str(n)) for n in range(3)]), today=TODAY)
    assert again.bundle == first
    assert [e.password for e in first.entries] == ["0", "1", "2"]


def test_documents_follow_the_export():
    """A changed file replaces the former under its id, an equal one by the same name is left alone."""
    first = merge(EMPTY, export(entry(), files={"p": b"1"}), today=TODAY).bundle
    report = merge(first, export(entry(), files={"p": b"22", "q": b"3"}), today=TODAY)
    old, new = report.bundle.documents
    assert (report.documents_changed, report.documents_added) == ((first.documents[0].id,), (new.id,))
    assert report.contents == {old.id: b"22", new.id: b"3"}
    assert (old.size, old.sha256) == (2, hashlib.sha256(b"22").hexdigest())
    mine = put_document(
        first, Document(**{**old.model_dump(exclude={"origin"}), "origin": first.documents[0].origin})
    )
    kept = merge(mine, export(entry(), files={"p": b"1"}), today=TODAY)
    assert (kept.documents_changed, kept.bundle.documents[0].size) == ((), 2)


def test_a_removed_entry_is_added_again():
    """An import brings back what was removed here while it is still in the export, and says so."""
    first = merge(EMPTY, export(entry()), today=TODAY).bundle
    report = merge(remove_entry(first, first.entries[0].id), export(entry()), today=TODAY)
    assert ids(report.added) == ["Shop"]


def test_one_group_of_a_database_is_one_client():
    """Only the named group is imported, its path left out, the rest counted, and each group has its own scope."""
    shop, mail = entry(group=("Kunden", "Bäcker", "Web")), entry("Mail", "k2", group=("Kunden", "Praxis"))
    whole = export(shop, mail, files={"p": b"1"})
    part = whole.within(("Kunden", "Bäcker"))
    assert [(e.title, e.group) for e in part.entries] == [("Shop", ("Web",))]
    assert (len(part.documents), part.groups) == (1, (("Web",),))
    assert part.not_carried[-1] == NotCarried("", "", "elsewhere", 1)
    assert whole.within(("Kunden", "Praxis")).contents == {}
    with pytest.raises(NotFoundError) as caught:
        whole.within(("Kunden", "Metzger"))
    assert caught.value.code == "import.group-unknown"
    first = merge(EMPTY, part, today=TODAY).bundle
    assert merge(first, whole.within(("Kunden", "Praxis")), today=TODAY).missing == ()


def test_groups_keep_the_order_they_had():
    """Registers that the provider ordered stay in that order; new ones come after."""
    mine = changed(EMPTY, groups=(("Web",), ("Bank",)))
    report = merge(mine, export(entry(group=("Bank",)), entry("x", "k2", group=("Auto",))), today=TODAY)
    assert report.bundle.groups == (("Web",), ("Bank",), ("Auto",))


def test_a_sync_keeps_what_is_here_and_names_it_until_both_are_alike():
    """Where both changed nothing is overwritten, and each sync says so again until the two agree."""
    first = merge(EMPTY, export(entry(password="alt", notes="n")), today=TODAY).bundle
    mine = put_entry(first, first.entries[0].model_copy(update={"password": "hier"}))
    there = entry(password="dort", notes="neu")
    report = merge(mine, export(there), today=TODAY, settle=ours_stays)
    assert [(line.fields, line.conflicts) for line in report.changed] == [(("notes",), ("password",))]
    assert (report.bundle.entries[0].password, report.bundle.entries[0].notes) == ("hier", "neu")
    again = merge(report.bundle, export(there), today=TODAY, settle=ours_stays)
    assert [(line.fields, line.conflicts) for line in again.changed] == [((), ("password",))]
    assert again.bundle == report.bundle
    alike = merge(again.bundle, export(entry(password="hier", notes="neu")), today=TODAY, settle=ours_stays)
    assert (alike.changed, len(alike.unchanged)) == ((), 1)
    later = merge(
        alike.bundle, export(entry(password="noch neuer", notes="neu")), today=TODAY, settle=ours_stays
    )
    assert later.bundle.entries[0].password == "noch neuer"


def test_an_emptied_field_is_an_edit_too():
    """A password that was taken out here does not come back by a sync because the export has another now."""
    first = merge(EMPTY, export(entry(password="alt")), today=TODAY).bundle
    mine = put_entry(first, first.entries[0].model_copy(update={"password": ""}))
    report = merge(mine, export(entry(password="dort")), today=TODAY, settle=ours_stays)
    assert (report.bundle.entries[0].password, report.changed[0].conflicts) == ("", ("password",))


def test_a_sync_overwrites_no_entry_made_by_hand():
    """An entry that was written here before the first sync keeps its values, and gets those it lacks."""
    made = put_entry(EMPTY, Entry(id=new_id(), title="Shop", kind="mail", password="hier"))
    report = merge(made, export(entry(password="dort", notes="n")), today=TODAY, settle=ours_stays)
    assert (report.bundle.entries[0].password, report.bundle.entries[0].notes) == ("hier", "n")
    assert report.changed[0].conflicts == ("password",)


def test_a_free_field_with_two_new_values_is_a_conflict():
    """An import keeps both and says so; a sync keeps what is here and says so again the next time."""
    pin, ours, theirs = (FreeField(name="PIN", value=value) for value in ("1", "2", "3"))
    first = merge(EMPTY, export(entry(fields=(pin,))), today=TODAY).bundle
    mine = put_entry(first, first.entries[0].model_copy(update={"fields": (ours,)}))
    imported = merge(mine, export(entry(fields=(theirs,))), today=TODAY)
    assert (imported.bundle.entries[0].fields, imported.changed[0].conflicts) == ((theirs, ours), ("fields",))
    for _ in range(2):
        report = merge(mine, export(entry(fields=(theirs,))), today=TODAY, settle=ours_stays)
        assert (report.bundle.entries[0].fields, report.changed[0].conflicts) == ((ours,), ("fields",))
        mine = report.bundle


def test_a_file_that_changed_on_both_sides():
    """An import takes the export's file, a sync keeps ours; both say so."""
    first = merge(EMPTY, export(entry(), files={"p": b"1"}), today=TODAY).bundle
    edited = {**first.documents[0].model_dump(), "sha256": hashlib.sha256(b"hier").hexdigest(), "size": 4}
    mine = put_document(first, Document.model_validate(edited))
    report = merge(mine, export(entry(), files={"p": b"22"}), today=TODAY)
    assert report.documents_conflicts == report.documents_changed == (first.documents[0].id,)
    for _ in range(2):
        kept = merge(mine, export(entry(), files={"p": b"22"}), today=TODAY, settle=ours_stays)
        assert (kept.documents_conflicts, kept.documents_changed) == ((first.documents[0].id,), ())
        assert (kept.bundle.documents[0].size, kept.contents) == (4, {})
        mine = kept.bundle


def test_a_sync_leaves_out_what_was_removed_here():
    """What was removed here, found by its key or its look, is named and left out with its files."""
    both = (entry("Shop", "k1"), entry("Mail", ""))
    first = record(EMPTY, merge(EMPTY, export(*both, files={"p": b"1"}), today=TODAY).bundle, when=1)
    mine = first
    for one in first.entries:
        mine = record(mine, remove_entry(mine, one.id), when=2)
    news = export(entry("Laden", "k1"), entry("Mail", ""), entry("Neu", "k3"), files={"p": b"1"})
    left, names = without_removed(mine, news)
    assert (names, ids(left.entries), left.documents) == (("Laden", "Mail"), ["Neu"], ())
    assert without_removed(first, news) == (news, ())


def test_a_reading_is_known_by_its_content():
    """Two readings of one export have one digest, whatever ids they drew; any change makes another."""

    def read(**values: object) -> Imported:
        shop = entry(**values)
        mail = entry("Mail", "k2", depends_on=(shop.id,))
        return export(shop, mail, files={"p": values.get("notes", "").encode()})

    assert read().digest() == read().digest()
    others = [read(notes="n"), read(group=("a",)), export(entry()), read().only(set())]
    assert len({one.digest() for one in (read(), *others)}) == 5
