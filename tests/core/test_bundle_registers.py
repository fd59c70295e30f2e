import itertools
import random
from dataclasses import replace

from escrowd.core.bundle import (
    Bundle,
    Contact,
    Decision,
    Document,
    Entry,
    FreeField,
    SecondFactor,
    changed,
    record,
    undo,
)
from escrowd.core.bundle.registers import KEYS, Register, changed_since, registers
from escrowd.core.keys import new_id

EMPTY = Bundle(client="x", name="Praxis", language="de", profile="guided", revision=0)
KINDS = (
    "website-login",
    "domain-registrar",
    "hosting",
    "mail",
    "server",
    "database",
    "wifi",
    "licence",
    "payment",
    "identity",
    "note",
    "other",
)


def edited(bundle: Bundle, draw: random.Random, *acts: str) -> Bundle:
    """The bundle after one random command, recorded."""
    entries, documents = list(bundle.entries), list(bundle.documents)
    act = draw.choice(
        acts or ("add", "add", "edit", "edit", "remove", "move", "document", "decision", "contact", "depend")
    )
    new: dict[str, object] = {}
    if act == "add" or not entries:
        entries.append(Entry(id=new_id(), title=f"T{draw.random()}", kind=draw.choice(KINDS)))
    elif act == "edit":
        at = draw.randrange(len(entries))
        address = f"{draw.choice('abc')}@{draw.choice(['winter-it.de', 'praxis.de', 'laden.de'])}"
        updates: dict[str, object] = {
            "password": str(draw.random()),
            "title": draw.choice([str(draw.random()), "praxis.de", "laden.de"]),
            "kind": draw.choice(KINDS),
            "user": address,
            "urls": (f"https://{draw.choice(['www.praxis.de', 'laden.de/wp-admin'])}",),
            "recovery_mailbox": address,
            "contract_holder": draw.choice(["Praxis", "Jana Winter", ""]),
            "purpose": draw.choice(["Termine", ""]),
            "fields": (FreeField(name="Domain", value=draw.choice(["praxis.de", "laden.de"])),),
            "second_factor": SecondFactor(kind="sms", device=draw.choice(["Jana Winter", "Telefon"])),
        }
        name = draw.choice(sorted(updates))
        update = {name: updates[name]}
        entries[at] = entries[at].model_copy(update=update)
    elif act == "remove":
        gone = entries.pop(draw.randrange(len(entries)))
        entries = [
            entry.model_copy(update={"depends_on": tuple(o for o in entry.depends_on if o != gone.id)})
            for entry in entries
        ]
        documents = [one for one in documents if one.entry != gone.id]
    elif act == "move":
        draw.shuffle(entries)
    elif act == "document":
        documents.append(
            Document(id=new_id(), name="d", file="d", size=1, sha256="0" * 64, entry=entries[0].id)
        )
    elif act == "decision":
        new["decisions"] = (*bundle.decisions, Decision(id=new_id(), date="2026-11-24", status="open"))
    elif act == "contact":
        kind = draw.choice(["provider", "client", "other"])
        contact = Contact(id=new_id(), name="Jana Winter", kind=kind, mail="jana@winter-it.de")
        new["contacts"] = (*bundle.contacts, contact)
    elif len(entries) > 1:
        at, other = draw.sample(range(len(entries)), 2)
        entries[at] = entries[at].model_copy(update={"depends_on": (entries[other].id,)})
    after = changed(bundle, entries=tuple(entries), documents=tuple(documents), **new)
    return record(bundle, after, when=bundle.revision + 1, reason="entry edit")


def story(seed: int, length: int, *, only_edits_after: int = 1000) -> list[Bundle]:
    draw, states = random.Random(seed), [EMPTY]  # noqa: S311 — a story, not a key
    for number in range(length):
        states.append(
            edited(states[-1], draw, *(["edit", "edit", "depend"] if number > only_edits_after else []))
        )
    return states


def plainly(bundle: Bundle) -> dict[str, int]:
    """The Stand of each register by definition: of each state its own list, printed anew and compared."""
    states = [bundle]
    for revision in reversed(bundle.history):
        states.append(undo(states[-1], revision))
    lists = [
        {one.key: replace(one, stand=0) for one in registers(changed(state, history=()))} for state in states
    ]
    found = {}
    for key, now in lists[0].items():
        differs = [
            revision.number
            for revision, was in zip(reversed(bundle.history), lists[1:], strict=True)
            if was.get(key) != now
        ]
        found[key] = max(differs, default=bundle.history[0].number - 1 if bundle.history else bundle.revision)
    return found


def test_each_stand_is_the_last_that_changed_what_is_printed() -> None:
    """What is remembered from state to state changes no Stand: each is as if every state was printed anew."""
    for seed in range(7):
        for bundle in story(seed, 40, only_edits_after=12)[13::2]:
            assert {one.key: one.stand for one in registers(bundle)} == plainly(bundle)


def test_each_edit_can_be_undone() -> None:
    """Undoing a revision gives the state before it, the order aside."""
    for before, after in itertools.pairwise(story(1, 60)):
        if after.revision == before.revision:
            continue
        back = undo(after, after.history[-1])
        for name in ("entries", "documents", "decisions", "contacts"):
            assert {item.id: item for item in getattr(back, name)} == {
                item.id: item for item in getattr(before, name)
            }


def test_a_folder_that_follows_its_cover_sheets_equals_a_new_print() -> None:
    """P9: over random edits and deliveries, taking out and putting in gives exactly the newest list."""
    for seed in range(12):
        draw, folder, held = random.Random(seed), {}, 0  # noqa: S311 — as above
        for bundle in story(seed, 20):
            if draw.random() < 0.5:
                continue
            put_in, take_out = changed_since(bundle, held)
            for key in take_out:
                folder.pop(key, None)
            folder |= {register.key: register for register in put_in}
            held = bundle.revision
            assert folder == {register.key: register for register in registers(bundle)}


def test_only_the_registers_that_changed_are_named() -> None:
    """A new password touches its own register; an order or an import's memory touches none."""
    first = record(
        EMPTY,
        changed(
            EMPTY,
            entries=(
                Entry(id="aaaaaaaa", title="Post", kind="mail"),
                Entry(id="aaaaaaab", title="Shop", kind="website-login", depends_on=("aaaaaaaa",)),
            ),
        ),
        when=1,
    )
    post, shop = first.entries
    password = record(
        first, changed(first, entries=(post.model_copy(update={"password": "x"}), shop)), when=2
    )
    assert [register.key for register in changed_since(password, 1)[0]] == ["mail"]
    assert [(register.key, register.stand) for register in registers(password)] == [("mail", 2), ("web", 1)]
    moved = record(first, changed(first, entries=(shop, post)), when=2)
    assert changed_since(moved, 1) == ((), ())
    renamed = record(first, changed(first, entries=(post.model_copy(update={"title": "X"}), shop)), when=2)
    assert [register.key for register in changed_since(renamed, 1)[0]] == ["mail", "web"]
    gone = record(password, changed(password, entries=(shop.model_copy(update={"depends_on": ()}),)), when=3)
    put_in, take_out = changed_since(gone, 2)
    assert ([register.key for register in put_in], take_out) == (["web"], ("mail",))


def test_a_register_keeps_its_number() -> None:
    """The number depends on the kind alone: an empty register before it changes nothing."""
    only = changed(EMPTY, entries=(Entry(id="aaaaaaaa", title="WLAN", kind="wifi"),))
    assert [(register.key, register.number) for register in registers(only)] == [("network", 4)]
    assert Register("general", 0, (), (), ()).number == len(KEYS)


def test_every_kind_has_its_register() -> None:
    """No entry is left out, whatever it is."""
    full = changed(EMPTY, entries=tuple(Entry(id=new_id(), title=kind, kind=kind) for kind in KINDS))
    assert sum(len(register.entries) for register in registers(full)) == len(KINDS)
