"""Schema 2: cards, addresses, requests and share sets; when a deposit ends is the switch's fact alone.

Addresses that were named before stand as founding ones that nobody has confirmed yet. Whose card a proof key
is, is read from the manifests at the next start (`intake.holders`): an upgrade has no files.
"""

import json

import sqlalchemy as sa
from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """Lead schema 1 to 2."""
    op.create_table(
        "rights",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("due_awake", sa.Integer),
        sa.Column("requests_json", sa.Text, nullable=False),
        sa.Column("sets_json", sa.Text, nullable=False),
        sa.Column("domains_json", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("provider", "client"),
    )
    op.create_index("rights_by_due", "rights", ["due_awake"])
    op.create_table(
        "addresses",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("facts_json", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("provider", "client"),
    )
    op.create_table(
        "holders",
        sa.Column("proof_key", sa.Text, primary_key=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("set_number", sa.Integer, nullable=False),
        sa.Column("share_group", sa.Text, nullable=False),
        sa.Column("member", sa.Integer, nullable=False),
    )
    op.create_index("holders_by_client", "holders", ["provider", "client"])
    op.create_table(
        "proofs",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("jti", sa.Text, nullable=False),
        sa.Column("proof_key", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("set_number", sa.Integer, nullable=False),
        sa.Column("share_group", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("answer_json", sa.Text, nullable=False),
        sa.Column("taken_awake", sa.Integer, nullable=False),
        sa.Column("taken_wall", sa.Integer, nullable=False),
    )
    op.create_index("proofs_by_client", "proofs", ["provider", "client"])
    op.create_index("proofs_by_jti", "proofs", ["proof_key", "jti"], unique=True)
    op.create_table(
        "confirmations",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("terms_sha256", sa.Text, nullable=False),
        sa.Column("wall", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("provider", "client", "person"),
    )
    op.drop_column("clients", "ends_node")
    op.drop_column("clients", "ends_wall")
    _carry_over(op.get_bind())


def _carry_over(tx: sa.Connection) -> None:
    listed = tx.execute(
        sa.text(
            "SELECT c.provider, c.client, t.body_json FROM clients c JOIN terms t ON t.provider = c.provider"
            " AND t.client = c.client AND t.jti = c.terms_jti"
        )
    ).all()
    for provider, client, body in listed:
        facts = []
        for person in [one["person"] for one in json.loads(body)["beneficiaries"]]:
            found = tx.execute(
                sa.text(
                    "SELECT addresses_json FROM people WHERE provider = :provider AND kind = 'person'"
                    " AND id = :id"
                ),
                {"provider": provider, "id": person},
            ).scalar_one_or_none()
            facts += [
                {**one, "person": person, "founding": True, "named": 0} for one in json.loads(found or "[]")
            ]
        row = {"provider": provider, "client": client, "facts": json.dumps(facts)}
        tx.execute(sa.text("INSERT INTO addresses VALUES (:provider, :client, :facts)"), row)
        tx.execute(sa.text("INSERT INTO rights VALUES (:provider, :client, NULL, '[]', '', '[]')"), row)
