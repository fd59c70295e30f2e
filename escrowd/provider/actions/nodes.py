"""``escrow node add``."""

from escrowd.provider.sending import NodeReport
from escrowd.provider.workspace import Session


def add_node(
    session: Session,
    *,
    url: str,
    invitation: str,
    operator: str = "provider",
    works_for: str | None = None,
    now: int,
) -> NodeReport:
    """``operator``: ``provider``, a person's id, or a name. ``invitation``: the text that ``escrowd invite`` printed."""
    raise NotImplementedError
