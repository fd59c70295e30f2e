"""What clients have on paper: facts of ``core.delivery``, the hint when to look again, names of entries."""

from collections.abc import Sequence
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from escrowd.core.delivery import Paper
from escrowd.node.store.prepared import Prepared
from escrowd.node.store.rights_schema import papers
from escrowd.node.store.schema import people

_PAPER: Final = TypeAdapter(Paper)
_ENTRY: Final = "entry"
_DUE: Final = Prepared(
    select(papers.c.provider, papers.c.client)
    .where(papers.c.due_awake <= bindparam("awake"))
    .limit(bindparam("most"))
)


def due_papers(tx: Connection, awake: int, *, limit: int) -> list[tuple[str, str]]:
    """Deposits (provider, client) whose list is to be looked at, at most ``limit``. Reads one index only."""
    return [(row[0], row[1]) for row in _DUE.rows(tx, awake=awake, most=limit)]


def load_paper(tx: Connection, provider: str, client: str) -> Paper | None:
    """What is known of the client's list; None where no deposit told."""
    mine = (papers.c.provider == provider, papers.c.client == client)
    text = tx.execute(select(papers.c.facts_json).where(*mine)).scalar_one_or_none()
    return None if text is None else _PAPER.validate_json(text)


def save_paper(tx: Connection, provider: str, client: str, paper: Paper, *, due: int | None) -> None:
    """Store it. ``due``: awake time at which to look again; None: not before the next event."""
    values = {"facts_json": _PAPER.dump_json(paper).decode(), "due_awake": due}
    tx.execute(
        upsert(papers)
        .values(provider=provider, client=client, **values)
        .on_conflict_do_update(index_elements=[papers.c.provider, papers.c.client], set_=values)
    )


def set_paper_due(tx: Connection, provider: str, client: str, awake: int) -> None:
    """Look at it again at an awake time, if there is anything to look at."""
    mine = (papers.c.provider == provider, papers.c.client == client)
    tx.execute(update(papers).where(*mine).values(due_awake=awake))


def save_names(tx: Connection, provider: str, client: str, names: Sequence[str]) -> None:
    """Keep the names of what changed, in place of those that were there."""
    tx.execute(
        delete(people).where(
            people.c.provider == provider,
            people.c.kind == _ENTRY,
            people.c.id.startswith(f"{client}/", autoescape=True),
        )
    )
    if names:
        blank = {"language": "", "phrase": "", "addresses_json": "[]"}
        tx.execute(
            insert(people),
            [
                {"provider": provider, "kind": _ENTRY, "id": f"{client}/{at:04}", "name": name, **blank}
                for at, name in enumerate(names)
            ],
        )


def load_names(tx: Connection, provider: str, client: str) -> tuple[str, ...]:
    """Names of what changed, in the provider's order; none once they were deleted."""
    mine = (
        people.c.provider == provider,
        people.c.kind == _ENTRY,
        people.c.id.startswith(f"{client}/", autoescape=True),
    )
    return tuple(tx.execute(select(people.c.name).where(*mine).order_by(people.c.id)).scalars())
