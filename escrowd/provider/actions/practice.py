"""``escrow practice``: cards and a kit that are as good as real ones and worth nothing, to try and to break.

The set, the keys and the business are drawn and made up on the spot. Every paper and every entry says that
it is for practice, and so do all file names: a practice card must never be filed as a real one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from escrowd.core.bundle import Bundle, Contact, Entry, Revision
from escrowd.core.keys import SigningKey, fingerprint, new_id
from escrowd.core.manifest import ManifestGroup, ManifestSet, make_manifest, sign_manifest
from escrowd.core.payload import documents_in_memory, write_payload
from escrowd.core.seal import seal
from escrowd.core.shares import GROUPS, NewSet, make_set, new_identifier
from escrowd.core.wire import (
    BUNDLE_FILE,
    INSTRUCTIONS_FILE,
    MANIFEST_FILE,
    PAGE_FILE,
    key_file,
    mappe_file,
)
from escrowd.machine.child import run_in_child
from escrowd.machine.files import memory_file, new_private_folder, write_atomic
from escrowd.paper.card import Call, CardPaper, card_pdf
from escrowd.paper.instructions import KitPage, instructions
from escrowd.paper.mappe import make_mappe, recover_page
from escrowd.paper.readme import readme
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import ROLES, Language
from escrowd.texts.render import sentence

CLIENT: Final = "practice"
_SET: Final = 1


@dataclass(frozen=True, slots=True)
class Practice:
    """What was written. ``page``: the file to open in a browser; with it one card is enough."""

    folder: Path
    files: tuple[str, ...]
    page: str


def practise(folder: Path, *, language: Language, now: int, progress: Progress = silent) -> Practice:
    """Write it all into ``folder``, which must be empty or not there.

    Raises as ``new_private_folder`` and ``disk_errors``.
    """
    progress(Step("draw", CLIENT, 0, 1))
    new = run_in_child(make_set, new_identifier(()))
    progress(Step("draw", CLIENT, 1, 1))
    root = SigningKey.generate()
    files = _kit(new, root, language, now)
    files |= _cards(new, root, language, now)
    new_private_folder(folder)
    for name, data in files.items():
        write_atomic(folder / name, data)
    return Practice(folder, tuple(files), mappe_file(CLIENT))


def _kit(new: NewSet, root: SigningKey, language: Language, now: int) -> dict[str, bytes]:
    bundle = _bundle(language, now)
    sealed = _sealed(bundle, new.recipient)
    manifest = make_manifest(
        root=root.public,
        client=CLIENT,
        revision=bundle.revision,
        created=now,
        bundle_sha256=sha256(sealed).hexdigest(),
        chain=(),
        sets=[_of_set(new)],
    )
    kit = {
        BUNDLE_FILE: sealed,
        key_file(_SET): new.key_file,
        MANIFEST_FILE: sign_manifest(manifest, root).encode("ascii"),
    }
    page = recover_page()
    name = _say("client", language)
    (share,) = new.shares["nodes"]
    mappe = make_mappe(page, client=CLIENT, name=name, language=language, files=kit, shares=[share])
    told = KitPage(
        language=language,
        client=name,
        provider=_say("provider", language),
        revision=bundle.revision,
        created=now,
        next_by=manifest.next_revision_by,
        sets=(_SET,),
        root=manifest.iss,
    )
    return {**kit, INSTRUCTIONS_FILE: instructions(told), PAGE_FILE: page, mappe_file(CLIENT): mappe}


def _cards(new: NewSet, root: SigningKey, language: Language, now: int) -> Mapping[str, bytes]:
    files: dict[str, bytes] = {}
    for role in ROLES:
        (words,) = new.shares[role]
        card = CardPaper(
            language=language,
            role=role,
            provider=_say("provider", language),
            client=_say("client", language),
            holder=_say("holder", language),
            words=tuple(words.split()),
            set_number=_SET,
            made_on=datetime.fromtimestamp(now, UTC).date().isoformat(),
            phrase=_say("phrase", language),
            root=fingerprint(root.public),
            call=(Call(_say("call.name", language)),),
        )
        files[f"{CLIENT}-card-{role}.pdf"] = card_pdf(card)
        files[f"{CLIENT}-card-{role}.txt"] = f"{words}\n".encode("ascii")
    return files


def _bundle(language: Language, now: int) -> Bundle:
    group = _say("group", language)
    entries = tuple(
        Entry(
            id=new_id(),
            title=_say(f"{key}.title", language),
            kind="mail" if key == "mail" else "website-login",
            urls=(f"https://{key}.example",),
            user="muster@bakery.example",
            password=_say(f"{key}.password", language),
            purpose=_say(f"{key}.purpose", language),
            notes=_say("mail.notes", language) if key == "mail" else "",
            group=(group,),
        )
        for key in ("shop", "mail")
    )
    return Bundle(
        client=CLIENT,
        name=_say("client", language),
        language=language,
        profile="guided",
        revision=1,
        entries=entries,
        contacts=(Contact(id=new_id(), name=_say("call.name", language), kind="other"),),
        history=(Revision(number=1, when=now, reason="practice"),),
    )


def _sealed(bundle: Bundle, recipient: str) -> bytes:
    with memory_file() as payload, memory_file() as sealed:
        write_payload(payload, bundle, readme(bundle), documents_in_memory({}))
        payload.seek(0)
        seal(payload, sealed, [recipient])
        sealed.seek(0)
        return sealed.read()


def _of_set(new: NewSet) -> ManifestSet:
    return ManifestSet(
        set=_SET,
        slip39_id=new.identifier,
        recipient=new.recipient,
        key_sha256=sha256(new.key_file).hexdigest(),
        groups=tuple(
            ManifestGroup(name=name, k=1, n=1, proof_keys=tuple(key.hex() for key in new.proof_keys[name]))
            for name in GROUPS
        ),
    )


def _say(key: str, language: Language) -> str:
    return sentence("practice", key, language, {})
