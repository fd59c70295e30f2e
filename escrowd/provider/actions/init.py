"""``escrow init``: a new workspace, its root and daily key, and the provider's three cards."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from escrowd.core.keys import Identity, ProviderKey, SigningKey, fingerprint, random_bytes
from escrowd.core.shares import ProviderCards, make_provider_cards, new_identifier
from escrowd.core.statements import sign_appointment
from escrowd.core.terms import PROVIDER, Timings, check_timings
from escrowd.errors import ConflictError
from escrowd.machine.child import run_in_child
from escrowd.machine.files import disk_errors, new_private_folder, sync_folder, write_atomic
from escrowd.machine.secret_input import Secret
from escrowd.provider import papers
from escrowd.provider.delivery import Deliver
from escrowd.provider.people import new_person
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import Language, Vault, dump
from escrowd.provider.workspace import (
    DAILY,
    FOLDERS,
    PROVIDER_KEY,
    TABLE,
    VIEW,
    check_new_passphrase,
    seal_daily,
    seal_table,
    view_of,
)

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Created:
    """A new workspace. ``phrase``: what every mail to the provider repeats."""

    folder: Path
    root_fingerprint: str
    phrase: str


@dataclass(frozen=True, slots=True)
class _Root:
    """What the child process gives back: everything that needed the root seed, and not the seed."""

    public: bytes
    appointment: str
    cards: ProviderCards


def init(
    folder: Path,
    *,
    name: str,
    language: Language,
    addresses: Sequence[str],
    passphrase: Secret,
    deliver: Deliver,
    now: int,
    timings: Timings | None = None,
    progress: Progress = silent,
) -> Created:
    """Make a workspace in ``folder``, which must be empty or not there.

    Parameters: ``deliver``, gets the three cards as PDFs; the workspace exists only after it returned.
    Raises ``ConflictError`` ``workspace.exists`` (``folder``), ``InputError`` ``passphrase.too-short``,
    ``person.*``, ``terms.out-of-bounds``; and as ``deliver``. Then nothing was made.
    """
    check_empty(folder)
    timings = timings or Timings()
    check_timings(timings)
    text = check_new_passphrase(passphrase)
    provider = new_person(name=name, language=language, addresses=addresses, id_=PROVIDER)
    daily = ProviderKey.generate()
    progress(Step("draw", "provider", 0, 1))
    root = run_in_child(_make_root, daily.identity.text, daily.signing.public, new_identifier(()), now)
    progress(Step("draw", "provider", 1, 1))
    vault = Vault(
        root=root.public.hex(),
        daily_seed=daily.seed.hex(),
        chain=(root.appointment,),
        provider=provider,
        people_salt=random_bytes(_SALT_BYTES).hex(),
        provider_set=papers.provider_set(root.cards),
        timings=timings,
        used_identifiers=(root.cards.identifier,),
    )
    progress(Step("paper", "provider", 0, 1))
    pdfs = papers.provider_cards(provider, root.cards, fingerprint(root.public), now)
    progress(Step("paper", "provider", 1, 1))
    with Founding(folder) as founding:
        founding.write(vault, daily, text, root.cards.key_file)
        deliver(pdfs)
        founding.settle()
    return Created(folder, fingerprint(root.public), provider.phrase)


def check_empty(folder: Path) -> None:
    """Raises ``ConflictError`` ``workspace.exists`` when a workspace, or anything, is in ``folder``."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError("workspace.exists", folder=str(folder))


class Founding:
    """A workspace in the making: built aside, and in its place by one rename.

    Left unsettled, nothing of it remains.
    """

    def __init__(self, folder: Path) -> None:
        """Parameters: ``folder``, where the workspace will be; empty or not there."""
        self._folder = folder
        self.aside = folder

    def __enter__(self) -> Self:
        parent = self._folder.parent
        with disk_errors(parent):
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.aside = Path(tempfile.mkdtemp(prefix=f".{self._folder.name}.", dir=parent))
        return self

    def __exit__(self, *_error: object) -> None:
        if self.aside != self._folder:
            shutil.rmtree(self.aside, ignore_errors=True)

    def write(self, vault: Vault, daily: ProviderKey, passphrase: str, provider_key: bytes) -> None:
        """Every file of a workspace that has no client's files yet."""
        for name in FOLDERS:
            new_private_folder(self.aside / name)
        write_atomic(self.aside / DAILY, seal_daily(daily, passphrase))
        write_atomic(self.aside / PROVIDER_KEY, provider_key)
        write_atomic(self.aside / TABLE, seal_table(vault, daily.identity))
        write_atomic(self.aside / VIEW, dump(view_of(vault)))

    def settle(self) -> None:
        """Put it in its place."""
        check_empty(self._folder)
        with disk_errors(self._folder):
            self.aside.rename(self._folder)
        self.aside = self._folder
        sync_folder(self._folder.parent)


def _make_root(identity: str, daily: bytes, identifier: int, now: int) -> _Root:
    """In the child process: draw the root, let it appoint the daily key, split it to the cards."""
    root = ProviderKey.create(SigningKey.generate().seed, Identity.from_text(identity))
    cards = make_provider_cards(root, identifier)
    return _Root(root.signing.public, sign_appointment(root.signing, daily=daily, created=now), cards)
