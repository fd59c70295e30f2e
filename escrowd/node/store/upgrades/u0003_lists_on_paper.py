"""Schema 3: the list that a client has on paper; what was confirmed is known by what was agreed.

A confirmation named the statement of the terms, which is another one each time they are told. Now it names
their content and the people in them, so that the same terms stay confirmed.

Sets did not know since when the newest one has a past. They learn it from the revisions that are held: else
the next click would end an older set at once, with all that only it opens (P7).
"""

import json

import sqlalchemy as sa
from alembic.operations import Operations

from escrowd.core.terms import Terms, terms_sha256


def upgrade(op: Operations) -> None:
    """Lead schema 2 to 3."""
    op.create_table(
        "papers",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("due_awake", sa.Integer),
        sa.Column("facts_json", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("provider", "client"),
    )
    op.create_index("papers_by_due", "papers", ["due_awake"])
    _name_contents(op.get_bind())
    _date_sets(op.get_bind())


def _name_contents(tx: sa.Connection) -> None:
    confirmed = tx.execute(
        sa.text(
            "SELECT c.provider, c.client, c.person, t.body_json FROM confirmations c"
            " JOIN statements s ON s.provider = c.provider AND s.sha256 = c.terms_sha256"
            " JOIN terms t ON t.provider = s.provider AND t.client = c.client AND t.jti = s.jti"
        )
    ).all()
    for provider, client, person, body in confirmed:
        named = tx.execute(
            sa.text("SELECT id, name FROM people WHERE provider = :provider AND kind = 'person'"),
            {"provider": provider},
        ).all()
        content = terms_sha256(Terms.model_validate_json(body), {row.id: row.name for row in named})
        tx.execute(
            sa.text(
                "UPDATE confirmations SET terms_sha256 = :content"
                " WHERE provider = :provider AND client = :client AND person = :person"
            ),
            {"content": content, "provider": provider, "client": client, "person": person},
        )


def _date_sets(tx: sa.Connection) -> None:
    awake = tx.execute(sa.text("SELECT awake FROM clock")).scalar_one()
    stored = tx.execute(sa.text("SELECT provider, client, sets_json FROM rights WHERE sets_json != ''")).all()
    for provider, client, text in stored:
        sets, mine = json.loads(text), {"provider": provider, "client": client}
        newest = max(sets["sealed"], default=0)
        held = tx.execute(
            sa.text(
                "SELECT made_awake, sets_json FROM deposits WHERE provider = :provider AND client = :client"
            ),
            mine,
        ).all()
        made = [since for since, named in held if newest in {one["set"] for one in json.loads(named)}]
        dated = json.dumps({**sets, "since": min(made, default=awake)})
        tx.execute(
            sa.text("UPDATE rights SET sets_json = :dated WHERE provider = :provider AND client = :client"),
            {**mine, "dated": dated},
        )
