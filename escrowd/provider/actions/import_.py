"""``escrow import``: another password manager's export, merged into the working copy."""

from pathlib import Path

from escrowd.machine.secret_input import Secret
from escrowd.provider.progress import Progress, silent
from escrowd.provider.workspace import Session


def import_export(
    session: Session,
    client: str,
    file: Path,
    *,
    dry_run: bool,
    now: int,
    password: Secret | None = None,
    key_file: Path | None = None,
    columns: dict[str, str] | None = None,
    progress: Progress = silent,
) -> object:
    """Returns what was added, changed, missing, and what the format cannot carry.

    See ``core.bundle.merge.MergeReport``.
    """
    raise NotImplementedError
