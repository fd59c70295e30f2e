"""The tables of what people may do with cards and addresses. Units as in `schema.py`.

Facts are those of ``core.requests``, ``core.addresses`` and ``core.sets``: stored whole, one row a deposit,
as the switch's are. Phases and dates are derived, never stored.
"""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from escrowd.node.store.columns import integer as _int
from escrowd.node.store.columns import metadata
from escrowd.node.store.columns import text as _text

#: One row per deposit: its requests and its share sets. The tick reads a row only when due_awake <= awake
#: time; a hint that is too early costs one evaluation, one too late would break a promise.
rights = Table(
    "rights",
    metadata,
    _text("provider"),
    _text("client"),
    _int("due_awake", null=True),
    _text("requests_json"),  # core.requests.Requests
    _text("sets_json"),  # core.sets facts; "" before the first deposit
    _text(
        "domains_json"
    ),  # host names of the bundle's entries, of every deposit so far: which addresses hang
    PrimaryKeyConstraint("provider", "client"),
)
Index("rights_by_due", rights.c.due_awake)

#: All addresses that were ever named for the persons of a deposit (core.addresses.Addresses). The second
#: table with addresses in it: like `people` it can be emptied without breaking a ledger.
addresses = Table(
    "addresses",
    metadata,
    _text("provider"),
    _text("client"),
    _text("facts_json"),
    PrimaryKeyConstraint("provider", "client"),
)

#: Whose card a share-proof key is: of every set that is live or was. A key belongs to one place on a node.
holders = Table(
    "holders",
    metadata,
    Column("proof_key", Text, primary_key=True),
    _text("provider"),
    _text("client"),
    _int("set_number"),
    _text("share_group"),  # "nodes" | "client" | "successor" | "reserve"
    _int("member"),
)
Index("holders_by_client", holders.c.provider, holders.c.client)

#: Proofs of one card that were taken. The same bytes again: the same answer.
proofs = Table(
    "proofs",
    metadata,
    Column("sha256", Text, primary_key=True),  # of the compact string
    _text("jti"),
    _text("proof_key"),
    _text("provider"),
    _text("client"),
    _int("set_number"),
    _text("share_group"),
    _text("purpose"),  # "request" | "card-proof" | "retire"
    _text("answer_json"),  # core.wire.ProofAnswer
    _int("taken_awake"),
    _int("taken_wall"),
)
Index("proofs_by_client", proofs.c.provider, proofs.c.client)
Index("proofs_by_jti", proofs.c.proof_key, proofs.c.jti, unique=True)

#: Terms that a person confirmed by a click: the newest of each person.
confirmations = Table(
    "confirmations",
    metadata,
    _text("provider"),
    _text("client"),
    _text("person"),
    _text("address"),  # its id
    _text("terms_sha256"),  # of what was agreed (core.terms.terms_sha256)
    _int("wall"),
    PrimaryKeyConstraint("provider", "client", "person"),
)

#: The list that a client has on paper (core.delivery.Paper), one row a deposit that told of it. The tick
#: reads a row only when due_awake <= awake time, as with `rights`. The names of what changed: in `people`.
papers = Table(
    "papers",
    metadata,
    _text("provider"),
    _text("client"),
    _int("due_awake", null=True),
    _text("facts_json"),
    PrimaryKeyConstraint("provider", "client"),
)
Index("papers_by_due", papers.c.due_awake)
