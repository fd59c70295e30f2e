"""The node's tables, as a document. Every change of meaning gets a numbered upgrade.

One file, `escrowd.sqlite3`. What people may do with cards and addresses stands in `rights_schema.py`.
Units, everywhere: `*_node` and `*_awake` are integer milliseconds of node time and of awake time, `*_wall`
integer Unix seconds (shown to people, never compared by a rule), durations integer seconds. Keys and hashes
are lower-case hex text, fingerprints and ids lower-case base32 text. `*_json` is JSON text. Booleans are 0
or 1.

What is *not* here: bundles, keys and sealed shares (files under `files/<sha256>`, immutable, named by their
hash); nonces (they die with the process, so they live in its memory: `node/intake.py`); link tokens
(derived from the node's key); any readable share.

Who writes: one thread (`writer.py`). A statement, the facts it sets, its ledger entry and the letters that
follow from it are one transaction.
"""

from typing import Final

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from escrowd.node.store.columns import integer as _int
from escrowd.node.store.columns import metadata
from escrowd.node.store.columns import text as _text

__all__ = ["SCHEMA_VERSION", "metadata"]

#: Raised by one with each file in `upgrades/`; kept in `meta` under the key ``schema``.
SCHEMA_VERSION: Final = 3

# --- the node itself ------------------------------------------------------------------------------

#: ``schema`` (number), ``node`` (fingerprint of the key that this database belongs to), ``created_wall``.
meta = Table("meta", metadata, Column("key", Text, primary_key=True), _text("value"))

#: One row (id 1): the two clocks and what is known about hearing. Stamped by every transaction that sets a
#: fact.
clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True),
    _int("awake", default=0),  # ms up and ticking, since the node was made
    _int("node", default=0),  # ms up, ticking and hearing
    _int("wall", default=0),  # wall time of the last stamp: shows the gap at the next start
    _int("starts", default=0),  # how often the process started
    _text("facts_json"),  # core.switch.NodeFacts: hearing, rounds, settling, mail server
    _text("marks_json"),  # core.hearing.Mark, one a day: how far node time fell behind the wall clock
    # Since when nobody, or another process, answers at the public URL. Null: hearing. For people, not for
    # rules.
    _int("deaf_since_awake", null=True),
    _int("deaf_since_wall", null=True),
    _text(
        "deaf_cause", null=True
    ),  # "network" | "timeout" | "tls" | "clock" | "answer": why hearing failed last
    _text("told", null=True),  # what operator and providers were told last: "deaf" | "held" | "limit"
    _int("told_behind_wall", null=True),  # when they were told that node time lags
)

#: What happened to the node itself, in the transaction of the facts that changed: starts, and changes of
#: hearing. With the ledgers it shows afterwards why a wait took as long as it did.
journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    _int("awake"),
    _int("node"),
    _int("wall"),
    # "start" | "round" (a start after a day off) | "self" | "other" | "none" (hearing) | "anew" (the database
    # was put back: whatever was signed until this wall time and is not here is known to be lost)
    _text("what"),
)

# --- providers, keys, people ----------------------------------------------------------------------

#: One row per enrolled provider. id = fingerprint of the root key.
providers = Table(
    "providers",
    metadata,
    Column("id", Text, primary_key=True),
    _text("root"),  # public key, hex
    _text("name"),
    _text("invitation"),
    _int("enrolled_node"),
    _int("enrolled_awake"),
    _int("enrolled_wall"),
    _text("people_sha256"),  # the people file that counts now; its content is in `people`
    _text("provider_set_json"),  # {slip39_id, proof_keys: [3], key_sha256}: who may `restore`
    _text("provider_key_sha256", null=True),  # newest provider-key.age, a name in files/
    _text("workspace_sha256", null=True),  # newest workspace.age
    _text("head"),  # hash of the last ledger entry; 64 zeros before the first
    _int("head_seq", default=0),
)

#: Share-proof keys of the providers' own cards: who signs with two of them gets that provider's files, so
#: each belongs to one provider.
cards = Table("cards", metadata, Column("proof_key", Text, primary_key=True), _text("provider"))

#: Signing keys of a provider. The root counts at once; a daily key from `counts_node` on. Never deleted.
keys = Table(
    "keys",
    metadata,
    _text("provider"),
    _text("public"),
    _text("role"),  # "root" | "daily"
    _text("appointment", null=True),  # compact statement by which the root appointed it
    _int("counts_node"),  # node time from which a statement signed with it counts
    _int("ended_node", null=True),  # superseded: signs nothing any more
    PrimaryKeyConstraint("provider", "public"),
)

#: The one table with names and addresses; it can be emptied without breaking a ledger. One row per person
#: (kind "person"; the provider's own id is "provider"), one per client's name (kind "client"), and one per
#: entry that changed since the client's list was printed (kind "entry", id "<client>/<number>").
people = Table(
    "people",
    metadata,
    _text("provider"),
    _text("kind"),
    _text("id"),
    _text("name"),
    _text("language"),  # "de" | "en"; "" for a client or an entry
    _text("phrase"),  # recognition phrase, in every mail to this person; "" for a client or an entry
    _text("addresses_json"),  # [{"id", "address"}], in the provider's order
    PrimaryKeyConstraint("provider", "kind", "id"),
)

#: Invitations that were used, by their id: each enrols one provider.
invitations = Table(
    "invitations",
    metadata,
    Column("id", Text, primary_key=True),
    _text("provider"),
    _int("used_awake"),
)

# --- statements and the ledger --------------------------------------------------------------------

#: Every statement that was taken. Same bytes again: same receipt; other bytes under a jti: refused.
statements = Table(
    "statements",
    metadata,
    _text("provider"),
    _text("jti"),
    _text("type"),
    _text("presence"),  # "typed" | "stored"
    _text("sha256"),  # of the compact string
    _text("compact", null=True),  # kept where rights depend on it (P8); null when erased
    _text("receipt"),  # compact
    _int("seq"),  # its ledger entry
    _int("taken_node"),
    _int("taken_awake"),
    _int("taken_wall"),
    PrimaryKeyConstraint("provider", "jti"),
)

#: Append-only, one hash chain per provider (docs/formats.md, "Ledger"). An erased body is null, the chain
#: holds.
ledger = Table(
    "ledger",
    metadata,
    _text("provider"),
    _int("seq"),
    _int("node_time"),
    _int("wall"),
    _text("type"),
    _text("body_json", null=True),  # RFC 8785 text, with its salt
    _text("body_sha256"),
    _text("prev"),
    _text("hash"),
    PrimaryKeyConstraint("provider", "seq"),
)

# --- deposits and terms ---------------------------------------------------------------------------

#: A file under files/, there and synced before its row is committed: one row for each provider who brought
#: it. On disk it lies once, but nobody gets the use of a file by its hash alone (P1). Without a reference:
#: cleaned up.
files = Table(
    "files",
    metadata,
    _text("provider"),
    _text("sha256"),
    _int("size"),
    _int("stored_awake"),
    PrimaryKeyConstraint("provider", "sha256"),
)
Index("files_by_sha256", files.c.sha256)

#: What the node holds for one client, one row per revision kept: the newest, and those that were newest 7,
#: 30 and 90 d ago. `newest` = 1 on exactly one row of a client that has a deposit.
deposits = Table(
    "deposits",
    metadata,
    _text("provider"),
    _text("client"),
    _int("revision"),
    _text("jti"),  # the deposit statement
    _int("newest"),
    _text("sets_json"),  # [{"set": 1, "slip39_id": …}], from the manifest
    _text("files_json"),  # {name: {"sha256", "size"}}: bundle.age, key-N.age, manifest.jws, share-N.age
    _int("made_node"),
    _int("made_awake"),
    _int("made_wall"),
    _int("until_node", null=True),  # node time at which a newer one took over; null: newest
    PrimaryKeyConstraint("provider", "client", "revision"),
)

#: Which deposit needs which file: the only thing that keeps a file from being cleaned up.
deposit_files = Table(
    "deposit_files",
    metadata,
    _text("provider"),
    _text("client"),
    _int("revision"),
    _text("name"),
    _text("sha256"),
    _int("size"),
    PrimaryKeyConstraint("provider", "client", "revision", "name"),
)
Index("deposit_files_by_sha256", deposit_files.c.sha256)

#: Terms, one row per statement; the row without `ended_node` counts now.
terms = Table(
    "terms",
    metadata,
    _text("provider"),
    _text("client"),
    _text("jti"),
    _text("profile", null=True),
    _int("request_wait"),
    _int("delay_max"),
    _text("nodes_json"),  # [{"fingerprint", "operator"}]
    _text("body_json"),  # the statement's body, whole
    _int("since_node"),
    _int("ended_node", null=True),
    PrimaryKeyConstraint("provider", "client", "jti"),
)

#: A client of a provider: which terms count, and which deposit receipts went out. That a deposit is ending
#: (P7: it stays 30 d after `end`) is a fact of the switch.
clients = Table(
    "clients",
    metadata,
    _text("provider"),
    _text("client"),
    _text("terms_jti", null=True),
    _int("receipt_awake", null=True),  # when the last deposit receipt letter was ordered
    _text("receipt_sets_json", null=True),  # the sets it spoke of: a new set is told at once
    PrimaryKeyConstraint("provider", "client"),
)

# --- the switch -----------------------------------------------------------------------------------

#: Facts of a provider's switch (core.switch.Facts) and two hints. A tick reads a row only when due_node <=
#: node time or due_awake <= awake time; a hint that is too early costs one evaluation, one too late would
#: break a promise. Phases are derived, never stored.
switches = Table(
    "switches",
    metadata,
    Column("provider", Text, primary_key=True),
    _int("due_node", null=True),
    _int("due_awake", null=True),
    # A hint as well: 1 while the phase was not `current` when last looked at. A change of the node's own
    # facts makes those due, and not a million others.
    _int("watched", default=0),
    _int("began_awake"),  # as in the facts
    _int("began_wall"),  # wall time of the check-in that began the epoch, for letters
    _text("facts_json"),
)
Index("switches_by_due_node", switches.c.due_node)
Index("switches_by_due_awake", switches.c.due_awake)
Index("switches_watched", switches.c.provider, sqlite_where=switches.c.watched == 1)

# --- letters --------------------------------------------------------------------------------------

#: An order that was carried out, by its deterministic key: ordering it again does nothing. The key is
#: unique in the node ("<provider>/<the rules' key>"; letters to the operator: "node/…"), because links
#: carry it.
orders = Table(
    "orders",
    metadata,
    Column("key", Text, primary_key=True),
    _text("provider"),  # "" for letters of the node to its operator
    _text("kind"),  # of the letter, as node/letters.py names it
    _text("client"),  # "" where the letter is about no single client
    _text("person"),
    _text("order_json", null=True),  # core.switch.Order, where the rules ordered it
    _int("revision", null=True),  # of the deposit that a release speaks of
    _int("ordered_node"),
    _int("ordered_awake"),
    _int("ordered_wall"),
)
Index("orders_by_provider", orders.c.provider, orders.c.kind)

#: One letter to one address: the finished message (Message-ID, Date and text fixed) without attachments and
#: share, which are put in at sending. state: "waiting"; "begun": a release past the point of no return,
#: outcome unknown (after a crash: it counts as released); "sent": the server took it; "ended": a 5xx, or
#: untrue by now (`answer` says which).
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("order_key"),
    _text("provider"),
    _text("person"),
    _text("kind"),
    _text("address_id"),
    _text("address"),
    _text("message_id"),
    Column("message", LargeBinary, nullable=False),
    _text("parts_json", null=True),  # [{"name", "sha256"}] to attach; "share-N.age" is unsealed into the text
    _text("state"),
    _int("attempts", default=0),
    _int("next_awake"),  # not before this awake time
    _text("answer", null=True),  # the last: "accepted", "refused", "lost", "withheld", "dropped" or a cause
    _int("code", default=0),  # the server's last reply code
    _int("done_awake", null=True),
    UniqueConstraint("order_key", "address_id"),
)
Index("outbox_waiting", outbox.c.next_awake, sqlite_where=outbox.c.state == "waiting")
Index("outbox_by_provider", outbox.c.provider, outbox.c.state)

#: A release to one person of one deposit for one cause. begun: the point of no return was passed (facts of
#: the switch hold the same; this row serves pages and repeats).
releases = Table(
    "releases",
    metadata,
    Column("key", Text, primary_key=True),  # the order key of its first mail
    _text("provider"),
    _text("client"),
    _text("person"),
    _text("role"),  # "client" | "successor" | "reserve"
    _int("revision"),
    _int("begun_node", null=True),
    _int("begun_awake", null=True),
    _int("begun_wall", null=True),
    _int("confirmed_awake", null=True),
    _int("confirmed_wall", null=True),
)
Index("releases_by_provider", releases.c.provider, releases.c.client)
