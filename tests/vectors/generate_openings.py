"""Writes the vectors under cards/, age/ and recovery/: ``python tests/vectors/generate_openings.py``.

Run by hand for a new vector; sealing draws random numbers, so every run writes all of them anew. The files are the
truth, and the tests read only them. Nothing here is secret: sets, keys and people are made up.
"""

import base64
import hashlib
import io
import shutil
import stat
import struct
import subprocess
import zipfile
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

from shamir_mnemonic.rs1024 import create_checksum
from shamir_mnemonic.share import Share
from shamir_mnemonic.wordlist import WORDLIST

from escrowd.core import seal
from escrowd.core.bundle import Bundle, Document, Entry, bundle_to_bytes
from escrowd.core.encoding import canonical
from escrowd.core.keys import Identity, ProviderKey, SigningKey, fingerprint, new_identity
from escrowd.core.manifest import ManifestGroup, ManifestSet, RetiredSet, make_manifest, sign_manifest
from escrowd.core.payload import document_path, documents_in_memory, write_payload
from escrowd.core.shares import (
    CLIENT_LAYOUT,
    GROUPS,
    GroupLayout,
    NewSet,
    combine,
    make_provider_cards,
    make_set,
    open_key_with,
    parse_card,
)
from escrowd.core.statements import sign_appointment
from escrowd.core.wire import SHARE_BEGIN, SHARE_END

HERE = Path(__file__).resolve().parent
WALL = 1_798_761_600  # 2027-01-01
RETIRED_ON = 1_796_083_200  # 2026-12-01
WIDE = (GroupLayout("nodes", 2, 3), GroupLayout("client", 2, 3), *CLIENT_LAYOUT[2:])

RETIRED, MEIER, NEXT, OTHER, AGAIN, WIDER = (
    make_set(1001),
    make_set(2002),
    make_set(3003),
    make_set(4004),
    make_set(2002),
    make_set(2002, WIDE),
)
PROVIDER = make_provider_cards(ProviderKey.generate(), 5005)


def words(made: NewSet, group: str, member: int = 0) -> str:
    """The words of one card."""
    return made.shares[group][member]


def identity_of(made: NewSet) -> Identity:
    """What the cards of a set open."""
    return open_key_with(
        [parse_card(words(made, "client")), parse_card(words(made, "reserve"))], made.key_file
    )


def manifest_set(number: int, made: NewSet, layout: Sequence[GroupLayout] = CLIENT_LAYOUT) -> ManifestSet:
    """A set as a manifest describes it."""
    groups = tuple(
        ManifestGroup(
            name=group.name,  # type: ignore[arg-type]
            k=group.threshold,
            n=group.count,
            proof_keys=tuple(key.hex() for key in made.proof_keys[group.name]),
        )
        for group in layout
    )
    return ManifestSet(
        set=number,
        slip39_id=made.identifier,
        recipient=made.recipient,
        key_sha256=hashlib.sha256(made.key_file).hexdigest(),
        groups=groups,
    )


def known(*sets: ManifestSet) -> str:
    """The header ``sets``: a manifest's claims ``sets`` and ``retired``."""
    return canonical(
        {
            "sets": [own.model_dump(mode="json") for own in sets],
            "retired": [{"set": 1, "slip39_id": RETIRED.identifier, "date": RETIRED_ON}],
        }
    ).decode()


def write(folder: str, name: str, header: dict[str, object], body: str | bytes) -> None:
    """One vector: header lines, an empty line, the body."""
    lines = (
        f"{key}: {canonical(value).decode() if isinstance(value, dict) else value}"
        for key, value in header.items()
    )
    data = body.encode() if isinstance(body, str) else body
    path = HERE / folder / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + data)


# Cards ---------------------------------------------------------------------------------------------------------


def share(
    group: int, *, value: bytes = bytes(range(16)), member: int = 0, threshold: int = 1, **other: object
) -> str:
    """A sound share with any fields."""
    fields = {
        "identifier": MEIER.identifier,
        "extendable": False,
        "iteration_exponent": 0,
        "group_threshold": 2,
        "group_count": 4,
    }
    return Share(
        **{**fields, **other}, group_index=group, index=member, member_threshold=threshold, value=value
    ).mnemonic()


def padded() -> str:
    """A card whose two padding bits are set: 130 bits where 128 belong."""
    data = [WORDLIST.index(word) for word in words(MEIER, "client").split()[:17]]
    data[4] |= 0b1100000000
    return " ".join(WORDLIST[index] for index in [*data, *create_checksum(data, b"shamir")])


def cards() -> None:  # noqa: PLR0915 — a list of cases
    """Everything about words, fields, judging, combining and ``key-N.age``."""
    good = words(MEIER, "client").split()
    read = {"do": "read"}
    card = parse_card(words(MEIER, "client"))
    says = {
        **read,
        "words": card.mnemonic,
        "identifier": card.identifier,
        "group": card.group,
        "member": card.member_index,
        "proof-key": card.proof_key.hex(),
    }
    numbered = [f"{n}. {word}" for n, word in enumerate(good, 1)]
    columns = [f"{numbered[at]:<14}{numbered[at + 10]}" for at in range(10)]
    forms = {
        "plain": " ".join(good),
        "upper-case": " ".join(good).upper(),
        "four-letters": " ".join(word[:4] for word in good),
        "five-letters-title": "\n".join(word[:5].title() for word in good),
        "numbered": "\n".join(numbered),
        "numbered-brackets": " ".join(f"({n}) {word}," for n, word in enumerate(good, 1)),
        "numbers-alone": "\n".join(f"{n}\t{word}" for n, word in enumerate(good, 1)),
        "crlf-and-tabs": "\r\n".join("\t" + word for word in good),
        "no-break-spaces": "\ufeff" + "\u00a0".join(good),
        "zero-width-spaces": " \u200b".join(good),
        "full-width": "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in " ".join(good)),
        "quoted": "\n".join("> " + word for word in good),
    }
    for name, text in forms.items():
        write("cards", f"ok-{name}", {"expect": "ok", **says}, text + "\n")
    provider = parse_card(PROVIDER.mnemonics[1])
    write(
        "cards",
        "ok-provider-card",
        {
            "expect": "ok",
            **read,
            "words": provider.mnemonic,
            "identifier": provider.identifier,
            "group": "provider",
            "member": 1,
            "proof-key": provider.proof_key.hex(),
        },
        provider.mnemonic + "\n",
    )

    def refused(
        name: str, code: str, text: str, do: str = "read", /, fields: object = None, **header: object
    ) -> None:
        more = {} if fields is None else {"fields": fields}
        write("cards", name, {"expect": code, **more, "do": do, **header}, text + "\n")

    def changed(**at: str) -> str:
        return " ".join(at.get(f"w{n}", word) for n, word in enumerate(good, 1))

    def other_than(word: str) -> str:
        return WORDLIST[(WORDLIST.index(word) + 500) % 1024]

    refused("empty", "card.empty", "")
    refused("only-numbers", "card.empty", "1. 2. 3.")
    for position, name in ((1, "first"), (7, "seventh"), (20, "last")):
        refused(
            f"word-unknown-{name}",
            "card.word-unknown",
            changed(**{f"w{position}": "passwort"}),
            fields={"position": position},
        )
    refused("word-of-three-letters", "card.word-unknown", changed(w3=good[2][:3]), fields={"position": 3})
    refused(
        "word-misspelt-behind", "card.word-unknown", changed(w4=good[3][:4] + "qq"), fields={"position": 4}
    )
    refused("words-19", "card.word-count", " ".join(good[:19]), fields={"words": 19, "expected": 20})
    refused("words-21", "card.word-count", " ".join([*good, good[0]]), fields={"words": 21, "expected": 20})
    refused("words-1", "card.word-count", good[0], fields={"words": 1, "expected": 20})
    refused("words-40", "card.word-count", " ".join(good * 2), fields={"words": 40, "expected": 20})
    for position, name in ((1, "first"), (12, "twelfth"), (20, "last")):
        text = changed(**{f"w{position}": other_than(good[position - 1])})
        refused(f"checksum-wrong-word-{name}", "card.word-wrong", text, fields={"position": position})
    text = changed(w5=other_than(good[4]), w15=other_than(good[14]))
    refused("checksum-two-wrong-words", "card.checksum", text)
    for at in (1, 10, 19):
        text = changed(**{f"w{at}": good[at], f"w{at + 1}": good[at - 1]})
        refused(f"checksum-swapped-{at}", "card.words-swapped", text, fields={"position": at, "next": at + 1})
    text = changed(w2=good[8], w9=good[1])
    refused("checksum-swapped-apart", "card.checksum", text)
    refused("checksum-backwards", "card.checksum", " ".join(reversed(good)))
    refused("checksum-columns-across", "card.checksum", "\n".join(columns))
    refused("foreign-extendable", "card.foreign", share(0, extendable=True), fields={"feature": "extendable"})
    refused(
        "foreign-exponent", "card.foreign", share(0, iteration_exponent=1), fields={"feature": "exponent"}
    )
    refused(
        "foreign-33-words", "card.foreign", share(0, value=bytes(range(32))), fields={"feature": "length"}
    )
    refused("foreign-padding", "card.foreign", padded(), fields={"feature": "padding"})
    layout = {"fields": {"feature": "layout"}}
    refused("foreign-single", "card.foreign", share(0, group_threshold=1, group_count=1), **layout)
    refused(
        "foreign-3-of-5", "card.foreign", share(0, group_threshold=1, group_count=1, threshold=3), **layout
    )
    refused("foreign-3-of-4-groups", "card.foreign", share(0, group_threshold=3), **layout)
    refused("foreign-2-of-3-groups", "card.foreign", share(0, group_count=3), **layout)
    refused("foreign-group-5-of-4", "card.foreign", share(5), **layout)

    live = known(manifest_set(2, MEIER))
    for group in GROUPS:
        write(
            "cards",
            f"ok-judge-{group}",
            {"expect": "ok", "do": "judge", "set": 2, "sets": live},
            words(MEIER, group) + "\n",
        )
    both = known(manifest_set(2, MEIER), manifest_set(3, NEXT))
    released = [words(MEIER, "nodes"), words(NEXT, "nodes")]
    text = "\n--\n".join([*released, words(MEIER, "client")])
    write(
        "cards",
        "ok-judge-older-of-two-sets",
        {"expect": "ok", "do": "judge", "set": 2, "sets": both},
        text + "\n",
    )
    text = "\n--\n".join([*released, words(NEXT, "client"), words(MEIER, "client")])
    write(
        "cards",
        "ok-judge-newer-of-two-sets",
        {"expect": "ok", "do": "judge", "set": 3, "sets": both},
        text + "\n",
    )
    judge = {"sets": live}
    old = {"card": 1, "set": 1, "on": "2026-12-01", "valid": "2"}
    refused("judge-retired", "card.retired", words(RETIRED, "client"), "judge", fields=old, **judge)
    text = words(MEIER, "nodes") + "\n--\n" + words(RETIRED, "client")
    refused("judge-retired-second", "card.retired", text, "judge", fields={**old, "card": 2}, **judge)
    refused(
        "judge-other-client",
        "card.other-client",
        words(OTHER, "client"),
        "judge",
        fields={"card": 1, "valid": "2"},
        **judge,
    )
    refused(
        "judge-provider-card", "card.provider", PROVIDER.mnemonics[0], "judge", fields={"card": 1}, **judge
    )
    issued = {"card": 1, "group": "client", "set": 2}
    refused("judge-not-issued", "card.not-issued", words(AGAIN, "client"), "judge", fields=issued, **judge)
    refused("judge-other-split", "card.other-split", words(WIDER, "client"), "judge", fields=issued, **judge)
    wide = {"sets": known(manifest_set(2, WIDER, WIDE))}
    refused(
        "judge-other-split-1-of-1", "card.other-split", words(MEIER, "client"), "judge", fields=issued, **wide
    )

    secret = combine([parse_card(words(MEIER, "client")), parse_card(words(MEIER, "reserve"))])
    opens = {"secret": secret.hex(), "key": MEIER.key_file.hex(), "recipient": MEIER.recipient}

    def joined(*texts: str) -> str:
        return "\n--\n".join(texts) + "\n"

    for at, one in enumerate(GROUPS):
        for two in GROUPS[at + 1 :]:
            text = joined(words(MEIER, two), words(MEIER, one))
            write("cards", f"ok-open-{one}-{two}", {"expect": "ok", "do": "open", **opens}, text)
    text = joined(*(words(MEIER, group) for group in GROUPS))
    write("cards", "ok-open-surplus", {"expect": "ok", "do": "open", **opens}, text)
    text = joined(words(MEIER, "client"), words(MEIER, "client"), words(MEIER, "nodes"))
    write("cards", "ok-open-one-twice", {"expect": "ok", "do": "open", **opens}, text)
    text = joined(share(3), words(MEIER, "client"), words(MEIER, "nodes"))
    write("cards", "ok-open-forged-surplus", {"expect": "ok", "do": "open", **opens}, text)
    wide_cards = [
        words(WIDER, "client", 0),
        words(WIDER, "client", 2),
        words(WIDER, "nodes", 1),
        words(WIDER, "nodes", 2),
    ]
    wide_secret = combine([parse_card(text) for text in wide_cards])
    opens_wide = {"secret": wide_secret.hex(), "key": WIDER.key_file.hex(), "recipient": WIDER.recipient}
    write(
        "cards", "ok-open-2-of-3-members", {"expect": "ok", "do": "open", **opens_wide}, joined(*wide_cards)
    )
    for pair in ((0, 1), (0, 2), (1, 2)):
        mnemonics = [PROVIDER.mnemonics[at] for at in pair]
        found = combine([parse_card(text) for text in mnemonics])
        write(
            "cards",
            f"ok-combine-provider-{pair[0]}-{pair[1]}",
            {"expect": "ok", "do": "combine", "secret": found.hex()},
            joined(*mnemonics),
        )

    def fails(name: str, code: str, *texts: str, fields: object = None) -> None:
        refused(name, code, joined(*texts).rstrip("\n"), "combine", fields=fields)

    one_group = {"group": "client", "groups": 1, "needed": 2}
    fails("combine-one-card", "card.same-group", words(MEIER, "client"), fields=one_group)
    fails(
        "combine-one-card-twice",
        "card.same-group",
        words(MEIER, "client"),
        words(MEIER, "client").upper(),
        fields=one_group,
    )
    fails(
        "combine-one-group",
        "card.same-group",
        words(WIDER, "client", 0),
        words(WIDER, "client", 1),
        fields=one_group,
    )
    unfinished = {"group": "client", "have": 1, "needed": 2}
    fails(
        "combine-group-incomplete",
        "card.group-incomplete",
        words(WIDER, "client"),
        words(WIDER, "reserve"),
        fields=unfinished,
    )
    fails(
        "combine-provider-alone",
        "card.group-incomplete",
        PROVIDER.mnemonics[0],
        fields={**unfinished, "group": "provider"},
    )
    fails("combine-other-client", "card.different-sets", words(MEIER, "client"), words(OTHER, "successor"))
    fails("combine-provider-and-client", "card.different-sets", PROVIDER.mnemonics[0], words(MEIER, "client"))
    fails(
        "combine-same-place",
        "card.same-place",
        words(MEIER, "client"),
        words(AGAIN, "client"),
        fields={"group": "client", "member": 1},
    )
    fails(
        "combine-member-thresholds",
        "card.member-threshold",
        words(MEIER, "client"),
        words(WIDER, "client", 1),
        fields={"group": "client"},
    )
    fails("combine-two-splittings", "card.digest", words(MEIER, "client"), words(AGAIN, "reserve"))
    fails("combine-forged", "card.digest", words(MEIER, "client"), share(3))

    pair = joined(words(MEIER, "client"), words(MEIER, "successor")).rstrip("\n")

    def key(name: str, code: str, data: bytes, **fields: object) -> None:
        refused(name, code, pair, "open", fields=fields or None, key=data.hex())

    key("key-of-another-set", "card.key-mismatch", NEXT.key_file)
    key(
        "key-passphrase-upper-case", "card.key-mismatch", seal.seal_passphrase(b"x", secret.hex().upper(), 10)
    )
    key(
        "key-passphrase-binary", "card.key-mismatch", seal.seal_passphrase(b"x", secret.decode("latin-1"), 10)
    )
    key("key-cut", "age.damaged", MEIER.key_file[:-1])
    key("key-cut-in-header", "age.damaged", MEIER.key_file[:100])
    key("key-flipped", "age.damaged", MEIER.key_file[:-1] + bytes([MEIER.key_file[-1] ^ 1]))
    key("key-empty", "age.not-age", b"")
    key("key-plain", "age.not-age", identity_of(MEIER).to_file())
    key("key-sealed-to-recipient", "age.not-passphrase", seal.seal_bytes(b"x", [MEIER.recipient]))
    huge = MEIER.key_file.replace(b" 10\n", b" 31\n", 1)
    key("key-work-factor-31", "age.work-factor", huge, work_factor=31, limit=20)
    for name, content in (
        ("no-line-feed", identity_of(MEIER).to_file()[:-1]),
        ("comment", b"# a comment\n" + identity_of(MEIER).to_file()),
        ("two-identities", identity_of(MEIER).to_file() * 2),
        ("no-identity", b"AGE-SECRET-KEY-1QQQQ\n"),
    ):
        key(f"key-holds-{name}", "key.identity-malformed", seal.seal_passphrase(content, secret.hex(), 10))


# age files -----------------------------------------------------------------------------------------------------


def age() -> None:
    """Files by both programs, and spoilt ones."""
    one, two = new_identity(), new_identity()
    content = bytes(range(256)) * 300  # more than one chunk
    ours = seal.seal_bytes(content, [one.recipient, two.recipient])
    small = seal.seal_bytes(b"small", [one.recipient])

    def vector(name: str, expect: str, data: bytes, **header: str) -> None:
        write("age", name, {"expect": expect, **header}, base64.encodebytes(data))

    def digest(data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()

    def debian(*arguments: str, data: bytes) -> bytes:
        return subprocess.run(["age", *arguments], input=data, capture_output=True, check=True).stdout

    inside = {"content-sha256": digest(content)}
    vector("ok-ours-first-recipient", "ok", ours, identity=one.text, **inside)
    vector("ok-ours-second-recipient", "ok", ours, identity=two.text, **inside)
    vector(
        "ok-ours-empty",
        "ok",
        seal.seal_bytes(b"", [one.recipient]),
        identity=one.text,
        **{"content-sha256": digest(b"")},
    )
    vector("ok-age-1.1.1", "ok", debian("-r", one.recipient, data=content), identity=one.text, **inside)
    both = debian("-r", two.recipient, "-r", one.recipient, data=content)
    vector("ok-age-1.1.1-two-recipients", "ok", both, identity=one.text, **inside)
    sealed = seal.seal_passphrase(content, "correct horse", 10)
    vector("ok-ours-passphrase", "ok", sealed, passphrase="correct horse", **inside)
    umlaut = seal.seal_passphrase(b"x", "grüner Tee", 2)
    vector(
        "ok-ours-passphrase-utf8", "ok", umlaut, passphrase="grüner Tee", **{"content-sha256": digest(b"x")}
    )
    vector("wrong-identity", "age.wrong-key", ours, identity=new_identity().text)
    vector("wrong-identity-age-1.1.1", "age.wrong-key", both, identity=new_identity().text)
    vector("passphrase-file-with-identity", "age.wrong-key", sealed, identity=one.text)
    vector("wrong-passphrase", "age.wrong-passphrase", sealed, passphrase="correct house")
    vector("recipient-file-with-passphrase", "age.not-passphrase", ours, passphrase="correct horse")
    mac = small.index(b"--- ") + 4
    spoilt = {
        "cut-in-stanza": small[:60],
        "cut-before-mac": small[: mac - 1],
        "cut-in-mac": small[: mac + 20],
        "cut-before-payload": small[: mac + 44],
        "cut-in-nonce": small[: mac + 50],
        "cut-last-byte": small[:-1],
        "cut-last-chunk": ours[:66_000],
        "byte-behind": small + b"\0",
        "flipped-mac": small[:mac] + bytes([small[mac] ^ 1]) + small[mac + 1 :],
        "flipped-payload": small[:-3] + bytes([small[-3] ^ 1]) + small[-2:],
        "flipped-nonce": small[: mac + 45] + bytes([small[mac + 45] ^ 1]) + small[mac + 46 :],
    }
    for name, data in spoilt.items():
        vector(name, "age.damaged", data, identity=one.text)
    at = sealed.index(b"--- ") + 4
    vector(
        "passphrase-flipped-mac",
        "age.damaged",
        sealed[:at] + b"A" * 43 + sealed[at + 43 :],
        passphrase="correct horse",
    )
    vector("passphrase-cut", "age.damaged", sealed[:-1], passphrase="correct horse")
    for factor in (b"0", b"010", b"+9", b"99999"):
        other = sealed.replace(b" 10\n", b" " + factor + b"\n", 1)
        vector(
            f"passphrase-factor-{factor.decode().strip('+')}",
            "age.not-passphrase",
            other,
            passphrase="correct horse",
        )
    for factor in (b"21", b"64"):
        other = sealed.replace(b" 10\n", b" " + factor + b"\n", 1)
        vector(f"passphrase-factor-{factor.decode()}", "age.work-factor", other, passphrase="correct horse")
    vector("not-age-empty", "age.not-age", b"", identity=one.text)
    vector("not-age-zip", "age.not-age", b"PK\3\4" + bytes(100), identity=one.text)
    vector("not-age-armor", "age.not-age", debian("-a", "-r", one.recipient, data=b"x"), identity=one.text)
    vector("not-age-version-2", "age.not-age", small.replace(b"/v1\n", b"/v2\n", 1), identity=one.text)
    vector("not-age-crlf", "age.not-age", small.replace(b"v1\n", b"v1\r\n", 1), identity=one.text)


# Recovery --------------------------------------------------------------------------------------------------------

ROOT, DAILY, FOREIGN = (SigningKey.from_seed(bytes([number]) * 32) for number in (1, 2, 4))
CHAIN = (sign_appointment(ROOT, daily=DAILY.public, created=WALL),)
README = "<!doctype html><title>Zugänge</title><p>Bäckerei Meier, Stand 3".encode()
INVOICE = "Rechnung über 12 €, bezahlt".encode()
MATERIAL = HERE / "recovery/material"


def bundle_of(client: str, revision: int) -> Bundle:
    """A small bundle with an umlaut in everything."""
    document = Document(
        id="aaaabbbb",
        name="Rechnung für Käse.pdf",
        file="Rechnung fuer Kaese.pdf",
        size=len(INVOICE),
        sha256=hashlib.sha256(INVOICE).hexdigest(),
    )
    entry = Entry(id="ccccdddd", title="Hoster", kind="hosting", user="meier", password='Bröt:chen"42')
    return Bundle(
        client=client,
        name="Bäckerei Meier",
        language="de",
        profile="full-service",
        revision=revision,
        entries=(entry,),
        documents=(document,),
    )


def zipped(bundle: Bundle) -> bytes:
    """Its payload."""
    target = io.BytesIO()
    write_payload(target, bundle, README, documents_in_memory({"aaaabbbb": INVOICE}))
    return target.getvalue()


def sealed_to(payload: bytes, *sets: NewSet) -> bytes:
    """``bundle.age``."""
    return seal.seal_bytes(payload, [own.recipient for own in sets])


def manifest(
    bundle: bytes,
    sets: Sequence[ManifestSet],
    *,
    client: str = "meier",
    revision: int = 3,
    retired: bool = True,
    **other: SigningKey,
) -> bytes:
    """``manifest.jws``, signed by the daily key unless ``foreign`` signs as its own root.

    ``retired``: set 1 is. Else it is named by ``sets``, or was never made.
    """
    foreign = other.get("foreign")
    claims = make_manifest(
        root=(foreign or ROOT).public,
        client=client,
        revision=revision,
        created=WALL,
        bundle_sha256=hashlib.sha256(bundle).hexdigest(),
        chain=() if foreign else CHAIN,
        sets=sets,
        retired=[RetiredSet(set=1, slip39_id=RETIRED.identifier, date=RETIRED_ON)] if retired else [],
    )
    return sign_manifest(claims, foreign or DAILY).encode()


def mail(attachments: dict[str, bytes], shares: Sequence[str], *, html: bool = False) -> EmailMessage:
    """A release."""
    message = EmailMessage()
    message["From"] = "node@example.org"
    message["To"] = "meier@example.com"
    message["Subject"] = "Freigabe: Bäckerei Meier"
    message["Date"] = "Fri, 01 Jan 2027 00:00:00 +0000"
    message["Message-ID"] = "<release@example.org>"
    text = ["Guten Tag, hier ist Ihre Mappe.", ""]
    for words_ in shares:
        text += [SHARE_BEGIN, *(f"{n:2}. {word}" for n, word in enumerate(words_.split(), 1)), SHARE_END, ""]
    if html:
        rows = "".join(f"<li><b>{word}</b></li>" for words_ in shares for word in words_.split())
        message.set_content(f"<p>Guten&nbsp;Tag<ol>{rows}</ol>", subtype="html", cte="quoted-printable")
    else:
        message.set_content("\n".join(text), cte="quoted-printable")
    for name, data in attachments.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


def put(name: str, data: bytes) -> None:
    """One file of the material."""
    path = MATERIAL / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def archive(members: Sequence[tuple[str, bytes, int]], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of any members: name, content, file type bits."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive_:
        for name, data, kind in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.external_attr = (kind | 0o600) << 16
            archive_.writestr(info, data)
    return target.getvalue()


def hostile() -> dict[str, tuple[str, bytes]]:
    """Payloads that a provider's program would never write: name -> (error, ZIP)."""
    bundle = bundle_of("meier", 3)
    regular = stat.S_IFREG
    base = [
        ("READ-ME-FIRST.html", README, regular),
        ("bundle.json", bundle_to_bytes(bundle), regular),
        (document_path(bundle.documents[0]), INVOICE, regular),
    ]
    good = archive(base)
    lie = bytearray(good)
    at = good.index(b"PK\1\2")
    lie[at + 24 : at + 28] = struct.pack("<I", 7)
    return {
        "traversal": ("payload.unsafe-name", archive([*base, ("../outside.txt", b"x", regular)])),
        "absolute": ("payload.unsafe-name", archive([*base, ("/tmp/outside.txt", b"x", regular)])),  # noqa: S108
        "link": (
            "payload.not-a-file",
            archive([*base, ("documents/aaaabbbb/link", b"/etc/passwd", stat.S_IFLNK)]),
        ),
        "folder": ("payload.not-a-file", archive([*base, ("documents/more/", b"", stat.S_IFDIR)])),
        "surplus": ("payload.unexpected-file", archive([*base, ("autorun.inf", b"x", regular)])),
        "missing": ("payload.missing-file", archive(base[:2])),
        "changed-document": (
            "payload.document-changed",
            archive([*base[:2], (base[2][0], b"other", regular)]),
        ),
        "bomb": ("payload.over-limit", archive([*base, ("bomb", bytes(300 * 2**20), regular)])),
        "size-lie": ("payload.size-lie", bytes(lie)),
        "no-zip": ("payload.not-zip", b"just text"),
    }


def recovery() -> None:  # noqa: PLR0915 — a list of cases
    """Releases, kits and single files with cards: what opens, and each way in which it does not."""
    payload = zipped(bundle_of("meier", 3))
    sealed = sealed_to(payload, MEIER)
    set_2, set_3 = manifest_set(2, MEIER), manifest_set(3, NEXT)
    signed = manifest(sealed, [set_2])
    two_sealed = sealed_to(payload, MEIER, NEXT)
    two_signed = manifest(two_sealed, [set_2, set_3])
    other_sealed = sealed_to(zipped(bundle_of("praxis", 3)), OTHER)
    older = sealed_to(zipped(bundle_of("meier", 2)), MEIER)
    kit = {
        "bundle.age": sealed,
        "key-2.age": MEIER.key_file,
        "manifest.jws": signed,
        "INSTRUCTIONS.html": b"<p>So geht es",
    }
    for name, data in kit.items():
        put(f"kit/{name}", data)
        if name != "manifest.jws":
            put(f"kit-without-manifest/{name}", data)
        if name != "key-2.age":
            put(f"kit-without-key/{name}", data)
    for made, label in (
        (RETIRED, "retired"),
        (MEIER, "meier"),
        (NEXT, "next"),
        (OTHER, "praxis"),
        (AGAIN, "again"),
    ):
        for group in GROUPS:
            put(f"cards/{label}-{group}.txt", (words(made, group) + "\n").encode())
    put("cards/provider-1.txt", (PROVIDER.mnemonics[0] + "\n").encode())
    good = words(MEIER, "client").split()
    put("cards/two-cards.txt", (words(MEIER, "client") + "\n\n" + words(MEIER, "successor") + "\n").encode())
    put("cards/swapped.txt", " ".join([good[1], good[0], *good[2:]]).encode())
    put("cards/unknown-word.txt", " ".join([*good[:4], "brezel", *good[5:]]).encode())
    put("cards/nineteen.txt", " ".join(good[:19]).encode())
    put("cards/picture.txt", b"\x89PNG\r\n\xff\xfe")
    mailed = {name: data for name, data in kit.items() if name != "INSTRUCTIONS.html"}
    release = mail(mailed, [words(MEIER, "nodes")])
    put("release.eml", release.as_bytes())
    put("release-html.eml", mail(mailed, [words(MEIER, "nodes")], html=True).as_bytes())
    put("release-crlf.eml", release.as_bytes().replace(b"\n", b"\r\n"))
    forwarded = EmailMessage()
    forwarded["Subject"] = "Fwd: Freigabe"
    forwarded.set_content("Siehe Anhang.")
    forwarded.add_attachment(release)
    put("release-forwarded.eml", forwarded.as_bytes())
    linked = {name: data for name, data in mailed.items() if name != "bundle.age"}
    put("release-linked.eml", mail(linked, [words(MEIER, "nodes")]).as_bytes())
    put("release-no-share.eml", mail(mailed, []).as_bytes())
    two = {
        "bundle.age": two_sealed,
        "key-2.age": MEIER.key_file,
        "key-3.age": NEXT.key_file,
        "manifest.jws": two_signed,
    }
    put("release-two-sets.eml", mail(two, [words(MEIER, "nodes"), words(NEXT, "nodes")]).as_bytes())
    # Set 1 is kept: the mail's bundle is sealed to set 2 only, and the node's words of both are in it. What
    # set 1 opens is the last revision that was sealed to it.
    kept = {**mailed, "key-1.age": RETIRED.key_file}
    put("release-kept.eml", mail(kept, [words(MEIER, "nodes"), words(RETIRED, "nodes")]).as_bytes())
    kept_payload = bundle_of("meier", 2)
    kept_sealed = sealed_to(zipped(kept_payload), RETIRED, MEIER)
    kept_sets = [manifest_set(1, RETIRED), set_2]
    put("kit-kept/bundle.age", kept_sealed)
    put("kit-kept/key-1.age", RETIRED.key_file)
    put("kit-kept/key-2.age", MEIER.key_file)
    put("kit-kept/manifest.jws", manifest(kept_sealed, kept_sets, revision=2, retired=False))
    put("kit-kept/INSTRUCTIONS.html", kit["INSTRUCTIONS.html"])
    # Revisions beside each other: an older kit; the same number and a changed set, which no provider signs.
    odd = sealed_to(zipped(bundle_of("meier", 4)), AGAIN)
    for folder, data, compact in (
        ("kit-older", older, manifest(older, [set_2], revision=2)),
        ("kit-same-number", older, manifest(older, [set_2])),
        ("kit-set-changed", odd, manifest(odd, [manifest_set(2, AGAIN)], revision=4)),
        ("kit-of-praxis", other_sealed, manifest(other_sealed, [manifest_set(4, OTHER)], client="praxis")),
    ):
        put(f"{folder}/bundle.age", data)
        put(f"{folder}/manifest.jws", compact)
        put(f"{folder}/INSTRUCTIONS.html", kit["INSTRUCTIONS.html"])
    put("kit-older/key-2.age", MEIER.key_file)
    put("kit-of-praxis/key-4.age", OTHER.key_file)
    letter = EmailMessage()
    letter["Subject"] = "Rechnung"
    letter.set_content("Guten Tag, anbei die Rechnung.")
    put("letter.eml", letter.as_bytes())
    put("noise.eml", bytes(range(256)) * 8)
    put("bundle-cut.age", sealed[:-20])
    put("bundle-of-praxis.age", other_sealed)
    put("bundle-older.age", older)
    put("bundle-flipped.age", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    put("bundle-plain.age", payload)
    put("key-next.age", NEXT.key_file)
    put("key-3.age", NEXT.key_file)
    put("key-retired.age", RETIRED.key_file)
    head, dot, signature = signed.rpartition(b".")
    raw = bytearray(base64.urlsafe_b64decode(signature + b"=="))
    raw[0] ^= 1
    put("manifest-flipped.jws", head + dot + base64.urlsafe_b64encode(raw).rstrip(b"="))
    put("manifest-cut.jws", signed[:-30])
    put("manifest-foreign.jws", manifest(sealed, [set_2], foreign=FOREIGN))
    put("manifest-two-sets.jws", two_signed)
    put("bundle-two-sets.age", two_sealed)

    def listing(bundle: Bundle) -> str:
        written = {
            "READ-ME-FIRST.html": README,
            "bundle.json": bundle_to_bytes(bundle),
            document_path(bundle.documents[0]): INVOICE,
        }
        return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in written.items())

    def case(
        name: str,
        expect: str,
        cards: str = "",
        /,
        fields: object = None,
        opens: Bundle = bundle_of("meier", 3),  # noqa: B008 — a frozen value
        **header: object,
    ) -> None:
        more = {} if fields is None else {"fields": fields}
        given = {"cards": " ".join(f"cards/{card}.txt" for card in cards.split())} if cards else {}
        write(
            "recovery",
            name,
            {"expect": expect, **more, **header, **given},
            listing(opens) if expect == "ok" else "",
        )

    root = fingerprint(ROOT.public)
    case("ok-release", "ok", "meier-client", release="release.eml", set=2)
    case("ok-release-root", "ok", "meier-client", release="release.eml", root=root, set=2)
    case("ok-release-successor", "ok", "meier-successor", release="release.eml", set=2)
    case("ok-release-html", "ok", "meier-client", release="release-html.eml", set=2)
    case("ok-release-crlf", "ok", "meier-client", release="release-crlf.eml", set=2)
    case("ok-release-forwarded", "ok", "meier-client", release="release-forwarded.eml", set=2)
    case(
        "ok-release-linked-and-bundle",
        "ok",
        "meier-client",
        release="release-linked.eml",
        bundle="kit/bundle.age",
        set=2,
    )
    case("ok-release-and-same-kit", "ok", "meier-client", release="release.eml", kit="kit", set=2)
    case("ok-release-two-sets-older-card", "ok", "meier-client", release="release-two-sets.eml", set=2)
    case("ok-release-two-sets-newer-card", "ok", "next-client", release="release-two-sets.eml", set=3)
    case("ok-release-kept-newer-card", "ok", "meier-client", release="release-kept.eml", set=2)
    # Which revision the node's words come from, nobody asks: those of set 3 are surplus here.
    old_kit: dict[str, object] = {"opens": kept_payload, "kit": "kit-kept", "set": 1}
    case("ok-kit-kept-older-card", "ok", "retired-client retired-nodes", **old_kit)
    case(
        "ok-kit-kept-words-of-all-sets",
        "ok",
        "next-nodes meier-nodes retired-nodes retired-successor",
        **old_kit,
    )
    case("ok-kit", "ok", "meier-client meier-successor", kit="kit", set=2)
    case("ok-kit-reserve", "ok", "meier-reserve meier-client", kit="kit", set=2)
    case("ok-kit-two-cards-in-one-file", "ok", "two-cards", kit="kit", set=2)
    case("ok-kit-surplus", "ok", "meier-client meier-successor meier-reserve meier-nodes", kit="kit", set=2)
    single = {"bundle": "kit/bundle.age", "keys": "kit/key-2.age", "manifest": "kit/manifest.jws"}
    case("ok-single-files", "ok", "meier-client meier-successor", **single, set=2)
    renamed = {"bundle": "bundle-two-sets.age", "keys": "key-next.age", "manifest": "manifest-two-sets.jws"}
    case("ok-key-renamed", "ok", "next-client next-reserve", **renamed, set=3)
    pair = "meier-client meier-successor"
    unverified = {"unverified": "yes"}
    case(
        "ok-unverified-no-manifest",
        "ok",
        pair,
        kit="kit-without-manifest",
        **unverified,
        set=2,
        problem="manifest.missing",
    )
    for name, problem in (("flipped", "manifest.bad-signature"), ("cut", "manifest.damaged")):
        spoilt = {**single, "manifest": f"manifest-{name}.jws"}
        case(f"manifest-{name}", problem, pair, **spoilt)
        case(f"ok-unverified-manifest-{name}", "ok", pair, **spoilt, **unverified, set=2, problem=problem)
    foreign = {**single, "manifest": "manifest-foreign.jws"}
    case("manifest-foreign", "manifest.foreign-provider", pair, **foreign, root=root)
    case("ok-manifest-foreign-unasked", "ok", pair, **foreign, set=2)
    case(
        "ok-unverified-manifest-foreign",
        "ok",
        pair,
        **foreign,
        **unverified,
        root=root,
        set=2,
        problem="manifest.foreign-provider",
    )
    case("manifest-missing", "manifest.missing", pair, kit="kit-without-manifest")
    spare = {**single, "bundle": "bundle-two-sets.age"}
    case("bundle-differs", "manifest.bundle-differs", pair, **spare)
    case(
        "ok-unverified-bundle-differs",
        "ok",
        pair,
        **spare,
        **unverified,
        set=2,
        problem="manifest.bundle-differs",
    )
    case(
        "bundle-older",
        "manifest.bundle-differs",
        pair,
        **{**single, "bundle": "bundle-older.age"},
        fields={"client": "meier", "revision": 3},
    )
    case("bundle-cut", "age.damaged", pair, **{**single, "bundle": "bundle-cut.age"})
    case("bundle-cut-unverified", "age.damaged", pair, **{**single, "bundle": "bundle-cut.age"}, **unverified)
    case("bundle-flipped", "age.damaged", pair, **{**single, "bundle": "bundle-flipped.age"})
    case("bundle-of-another-client", "age.wrong-key", pair, **{**single, "bundle": "bundle-of-praxis.age"})
    case("bundle-not-sealed", "age.not-age", pair, **{**single, "bundle": "bundle-plain.age"})
    case("bundle-missing", "recovery.no-bundle", pair, keys="kit/key-2.age", manifest="kit/manifest.jws")
    case("release-linked", "recovery.no-bundle", "meier-client", release="release-linked.eml")
    case("key-missing", "recovery.no-key", pair, kit="kit-without-key", fields={"set": 2})
    case(
        "key-missing-unverified",
        "recovery.no-keys",
        pair,
        bundle="kit/bundle.age",
        **unverified,
    )
    named = {**single, "keys": "key-retired.age"}
    case("key-of-retired-set", "manifest.key-differs", pair, **named, fields={"set": 2})
    case("key-of-retired-set-unverified", "card.key-mismatch", pair, **named, **unverified)
    crossed = {"bundle": "bundle-two-sets.age", "keys": "key-next.age", "manifest": "manifest-two-sets.jws"}
    case("key-of-another-set", "recovery.key-of-other-set", pair, **crossed, fields={"set": 2, "found": 3})
    numbered = {**crossed, "keys": "key-3.age"}
    case("key-of-another-set-named", "recovery.no-key", pair, **numbered, fields={"set": 2})
    case("cards-none", "card.none", kit="kit")
    case(
        "cards-one-for-a-kit",
        "card.same-group",
        "meier-client",
        kit="kit",
        fields={"group": "client", "groups": 1, "needed": 2},
    )
    case(
        "cards-none-for-a-release",
        "card.same-group",
        release="release.eml",
        fields={"group": "nodes", "groups": 1, "needed": 2},
    )
    case(
        "cards-none-for-a-kept-release",
        "card.same-group",
        release="release-kept.eml",
        fields={"group": "nodes", "groups": 1, "needed": 2},
    )
    case("cards-release-without-share", "card.same-group", "meier-client", release="release-no-share.eml")
    source = {"source": "retired-client.txt"}
    case(
        "card-of-retired-set",
        "card.retired",
        "retired-client",
        release="release.eml",
        fields={"card": 2, "set": 1, "on": "2026-12-01", "valid": "2", **source},
    )
    case(
        "card-of-kept-set",
        "card.retired",
        "retired-client",
        release="release-kept.eml",
        fields={"card": 3, "set": 1, "on": "2026-12-01", "valid": "2", **source},
    )
    case(
        "card-of-kept-set-unverified",
        "card.retired",
        "retired-client",
        release="release-kept.eml",
        fields={"card": 3, "set": 1, **source},
        **unverified,
    )
    case(
        "nodes-card-of-retired-set",
        "card.retired",
        "meier-client retired-nodes",
        kit="kit",
        fields={"card": 2, "set": 1, "source": "retired-nodes.txt"},
    )
    case(
        "card-of-another-client",
        "card.other-client",
        "meier-client praxis-successor",
        kit="kit",
        fields={"card": 2, "valid": "2", "source": "praxis-successor.txt"},
    )
    case(
        "card-not-issued",
        "card.not-issued",
        "again-client",
        release="release.eml",
        fields={"card": 2, "group": "client", "set": 2, "source": "again-client.txt"},
    )
    case(
        "card-of-provider",
        "card.provider",
        "provider-1 meier-client",
        kit="kit",
        fields={"card": 1, "source": "provider-1.txt"},
    )
    case(
        "card-swapped-words",
        "card.words-swapped",
        "swapped",
        release="release.eml",
        fields={"position": 1, "next": 2, "source": "swapped.txt"},
    )
    case(
        "card-unknown-word",
        "card.word-unknown",
        "unknown-word",
        release="release.eml",
        fields={"position": 5, "source": "unknown-word.txt"},
    )
    case(
        "card-19-words",
        "card.word-count",
        "nineteen",
        release="release.eml",
        fields={"words": 19, "expected": 20, "source": "nineteen.txt"},
    )
    case(
        "card-is-a-picture",
        "card.not-text",
        "picture",
        release="release.eml",
        fields={"source": "picture.txt"},
    )
    case("card-file-missing", "file.not-found", "nobody", release="release.eml")
    loose = {"kit": "kit-without-manifest", **unverified}
    case("cards-of-two-clients-unverified", "card.different-sets", "meier-client praxis-successor", **loose)
    case("cards-of-another-client-unverified", "card.key-mismatch", "praxis-client praxis-successor", **loose)
    case("cards-of-two-splittings-unverified", "card.digest", "meier-client again-successor", **loose)
    case(
        "release-is-a-letter",
        "release.not-a-release",
        "meier-client",
        release="letter.eml",
        fields={"source": "letter.eml"},
    )
    case("release-is-noise", "release.not-a-release", "meier-client", release="noise.eml")
    case("release-missing", "file.not-found", "meier-client", release="nothing.eml")
    case("kit-missing", "kit.no-folder", pair, kit="nothing")
    case("kit-is-a-file", "kit.no-folder", pair, kit="release.eml")
    case("kit-empty", "kit.empty", pair, kit="cards")
    case("two-bundles", "recovery.two-bundles", pair, kit="kit-without-manifest", bundle="bundle-older.age")
    one_proved: dict[str, object] = {"set": 2, "aside": "- unproved"}
    case("ok-two-bundles-one-proved", "ok", pair, kit="kit", bundle="bundle-older.age", **one_proved)
    case(
        "ok-release-and-damaged-older-kit",
        "ok",
        "meier-client",
        release="release.eml",
        bundle="bundle-older.age",
        manifest="manifest-flipped.jws",
        **one_proved,
    )
    put("damaged/key-2.age", MEIER.key_file[:-1] + bytes([MEIER.key_file[-1] ^ 1]))
    put("damaged/manifest.jws", (MATERIAL / "manifest-flipped.jws").read_bytes())
    case("ok-kit-and-damaged-files", "ok", pair, kit="damaged kit", set=2)
    damaged: dict[str, object] = {"set": 2, "problem": "manifest.bad-signature", "unverified": "yes"}
    case(
        "ok-all-manifests-damaged-unverified",
        "ok",
        pair,
        kit="damaged kit-without-manifest",
        manifest="manifest-cut.jws",
        **damaged,
    )
    spoilt = {"kit": "payload-no-zip kit-older"}
    case("spoilt-newest", "payload.not-zip", pair, **spoilt, fields={"others": "2"})
    case("revision-not-there", "recovery.no-revision", pair, **spoilt, revision=7, fields={"revision": 7})
    both: dict[str, object] = {"release": "release.eml", "kit": "kit-older"}
    case("ok-release-and-older-kit", "ok", "meier-client", **both, set=2, aside="2 older")
    case("ok-two-kits", "ok", pair, kit="kit-older kit", set=2, aside="2 older")
    past = bundle_of("meier", 2)
    case(
        "ok-linked-release-and-older-kit",
        "ok",
        "meier-client",
        release="release-linked.eml",
        kit="kit-older",
        set=2,
        aside="3 no-bundle",
        opens=past,
    )
    kept_beside: dict[str, object] = {"release": "release-kept.eml", "kit": "kit-kept"}
    case("ok-kept-kit-and-newer-card", "ok", "meier-client", **kept_beside, set=2, aside="2 older")
    case(
        "ok-kept-kit-and-older-card",
        "ok",
        "retired-client",
        **kept_beside,
        set=1,
        aside="3 other-cards",
        opens=past,
    )
    case("card-of-neither-revision", "card.other-client", "praxis-client", **both)
    for name in ("same-number", "set-changed", "of-praxis"):
        case(f"two-bundles-{name}", "recovery.two-bundles", pair, kit=f"kit kit-{name}")
    case(
        "ok-older-kit-and-unsound-manifest",
        "ok",
        pair,
        kit="kit-older",
        bundle="kit/bundle.age",
        manifest="manifest-flipped.jws",
        opens=past,
        **one_proved,
    )
    case("ok-older-asked", "ok", pair, **spoilt, revision=2, set=2, aside="3 other-asked", opens=past)
    case(
        "two-manifests-one-bundle",
        "recovery.two-manifests",
        pair,
        kit="kit",
        manifest="manifest-two-sets.jws",
    )
    case("two-manifests", "recovery.two-manifests", pair, kit="kit", manifest="manifest-foreign.jws")
    put("other/key-2.age", NEXT.key_file)
    case("ok-two-keys", "ok", pair, kit="kit", keys="other/key-2.age", set=2)
    for name, (code, data) in hostile().items():
        bad = sealed_to(data, MEIER)
        put(f"payload-{name}/bundle.age", bad)
        put(f"payload-{name}/manifest.jws", manifest(bad, [set_2]))
        put(f"payload-{name}/key-2.age", MEIER.key_file)
        case(f"payload-{name}", code, pair, kit=f"payload-{name}")


if __name__ == "__main__":
    for folder in ("cards", "age", "recovery"):
        for path in (HERE / folder).glob("*.txt"):
            path.unlink()
    shutil.rmtree(MATERIAL, ignore_errors=True)
    cards()
    age()
    recovery()
