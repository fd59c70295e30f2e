import io

from hypothesis import given, settings
from hypothesis import strategies as st

from escrowd.core.bundle import (
    Bundle,
    Decision,
    Entry,
    FreeField,
    Origin,
    SecondFactor,
    Totp,
    bundle_from_bytes,
    bundle_to_bytes,
    changed,
    harmless_file,
    record,
    restore_entry,
)
from escrowd.core.bundle.document_file import is_plain_file
from escrowd.core.bundle.imported import Imported, new_document
from escrowd.core.bundle.merge import merge
from escrowd.core.keys import new_id
from escrowd.core.payload import documents_in_memory, read_payload, write_payload

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
short = st.lists(texts, max_size=3).map(tuple)
totps = st.builds(
    Totp,
    secret=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=1, max_size=20),
    algorithm=st.sampled_from(["SHA1", "SHA256", "SHA512"]),
    digits=st.integers(4, 10),
    period=st.integers(1, 86_400),
    issuer=texts,
)
entries = st.builds(
    Entry,
    id=st.builds(new_id),
    title=texts,
    kind=st.sampled_from(["mail", "server", "other"]),
    urls=short,
    user=texts,
    password=texts,
    totp=st.none() | totps,
    second_factor=st.none()
    | st.builds(SecondFactor, kind=st.sampled_from(["none", "sms", "key"]), codes=short),
    notes=texts,
    tags=short,
    group=short,
    fields=st.lists(st.builds(FreeField, name=texts, value=texts, protected=st.booleans()), max_size=3).map(
        tuple
    ),
    decisions=st.lists(
        st.builds(
            Decision, id=st.builds(new_id), date=st.just("2026-11-24"), status=st.just("open"), reason=texts
        ),
        max_size=2,
    ).map(tuple),
    origin=st.builds(Origin, source=st.just("keepass"), key=st.text("abc", max_size=2)),
)
files = st.lists(st.tuples(texts, st.binary(max_size=40)), max_size=3)
EMPTY = Bundle(client="x", name="y", language="en", profile="expert", revision=0)


@st.composite
def exports(draw: st.DrawFn) -> Imported:
    """An export as an importer hands it over."""
    found = tuple(draw(st.lists(entries, max_size=5)))
    attached = draw(files) if found else []
    documents = tuple(new_document(new_id(), name, data, found[0].id) for name, data in attached)
    return Imported(
        source="keepass",
        scope="",
        entries=found,
        documents=documents,
        contents=dict(zip((d.id for d in documents), (data for _, data in attached), strict=True)),
        groups=tuple(dict.fromkeys(entry.group for entry in found if entry.group)),
        not_carried=(),
        carries=frozenset(["title", "user", "password", "urls", "notes", "totp", "fields", "tags", "group"]),
    )


@given(exports())
@settings(max_examples=60, deadline=None)
def test_any_payload_survives(export: Imported):
    """Whatever texts and files are in a bundle, its payload gives back all of them, exactly."""
    bundle = record(EMPTY, merge(EMPTY, export, today="2026-11-24").bundle, when=1)
    assert bundle_from_bytes(bundle_to_bytes(bundle)) == bundle
    target = io.BytesIO()
    write_payload(target, bundle, b"<p>", documents_in_memory(export.contents))
    payload = read_payload(target)
    assert payload.bundle == bundle
    for document in bundle.documents:
        assert payload.open_document(document).read() == export.contents[document.id]


@given(exports(), exports())
@settings(max_examples=60, deadline=None)
def test_merging_twice_is_merging_once(first: Imported, second: Imported):
    """Whatever was there before, importing an export a second time changes nothing at all."""
    before = merge(EMPTY, first, today="2026-11-24").bundle
    once = record(before, merge(before, second, today="2026-11-25").bundle, when=1)
    report = merge(once, second, today="2026-11-26")
    assert record(once, report.bundle, when=2) == once
    assert (report.added, report.changed, report.documents_added, report.documents_changed) == (
        (),
        (),
        (),
        (),
    )


@given(exports(), exports())
@settings(max_examples=60, deadline=None)
def test_a_merge_loses_no_entry_and_says_everything(first: Imported, second: Imported):
    """Every entry that was there is still there, every entry of the export is in one of the lists, once."""
    before = merge(EMPTY, first, today="2026-11-24").bundle
    report = merge(before, second, today="2026-11-25")
    after = {entry.id for entry in report.bundle.entries}
    assert {entry.id for entry in before.entries} <= after
    told = [line.id for line in (*report.added, *report.changed, *report.unchanged)]
    assert len(told) == len(set(told)) == len(second.entries)
    assert {*told, *(line.id for line in report.missing)} == after


@given(exports())
@settings(max_examples=40, deadline=None)
def test_any_revision_can_be_restored(export: Imported):
    """The history holds enough to bring every entry back to what it was a revision ago."""
    old = record(EMPTY, merge(EMPTY, export, today="2026-11-24").bundle, when=1)
    shuffled = tuple(
        entry.model_copy(update={"password": entry.password + "!"}) for entry in reversed(old.entries[1:])
    )
    # What lost its first entry also loses that entry's documents' owner.
    documents = tuple(item.model_copy(update={"entry": None}) for item in old.documents)
    new = record(old, changed(old, entries=shuffled, documents=documents), when=2)
    for entry in old.entries:
        restored = restore_entry(new, entry.id, old.revision)
        assert entry in restored.entries


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
@settings(max_examples=300)
def test_any_name_becomes_a_plain_file(name: str):
    """Whatever a document is called, its file name is plain, short, stable, and no device."""
    file = harmless_file(name)
    assert is_plain_file(file)
    assert len(file.encode()) <= 140
    assert harmless_file(file) == file
    assert not file.isascii() or file.isprintable()
