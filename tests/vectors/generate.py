"""Writes the vectors under manifests/, statements/, proofs/ and ledgers/: ``python tests/vectors/generate.py``.

Run by hand for a new vector: the files are the truth, and ``tests/core/test_vectors.py`` compares. Keys come from
fixed seeds, so the same files come out again. Nothing here is secret.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

from escrowd.core.encoding import canonical
from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.ledger import EMPTY, LedgerEntry, entry_hash, export_line, make_entry
from escrowd.core.manifest import ManifestGroup, ManifestSet, RetiredSet, make_manifest, sign_manifest
from escrowd.core.statements import (
    MANIFEST,
    STATEMENT,
    Appoint,
    Approve,
    Arm,
    Checkin,
    Code,
    Delay,
    Deposit,
    Drill,
    End,
    Enrol,
    NewTimings,
    OldList,
    PrintedList,
    ProviderSet,
    Query,
    Receipt,
    Unseal,
    make_code,
    sign_appointment,
    sign_card,
    sign_invitation,
    sign_receipt,
    sign_restore,
    sign_statement,
    statement_hash,
)
from escrowd.core.terms import DAY, Beneficiary, NodeRun, Terms, Timings
from escrowd.core.wire import FileOf, SeenHead, Standing

HERE = Path(__file__).resolve().parent
ROOT, DAILY, NODE, FOREIGN, OTHER_NODE, NEXT, CARD_1, CARD_2, CARD_3 = (
    SigningKey.from_seed(bytes([number]) * 32) for number in range(1, 10)
)
PROVIDER, NODE_ID = fingerprint(ROOT.public), fingerprint(NODE.public)
FOREIGN_ID, OTHER_NODE_ID = fingerprint(FOREIGN.public), fingerprint(OTHER_NODE.public)
WALL = 1_798_761_600  # 2027-01-01
JTI = "abcdefghijklmnopqrstuvwxyz"
NONCES = {NODE_ID: "00112233445566778899aabbccddeeff"}
APPOINTED = sign_appointment(ROOT, daily=DAILY.public, created=WALL)

Case = tuple[str, str, dict[str, object], str]
"""Name, expected outcome, further header lines, payload."""


def digest(number: int) -> str:
    """Some 32 bytes in hex."""
    return format(number, "02x") * 32


def recipient(number: int) -> str:
    """A string in the form of an age recipient. Nothing is sealed to it."""
    return "age1" + "qpzry9x8gf2tvdw0s3jn54khce6mua7l"[number] * 58


# Ways to spoil a compact JWS ----------------------------------------------------------------------------------


def segments(compact: str) -> list[bytes]:
    """Header, payload and signature, decoded."""
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in compact.split(".")]


def join(*parts: bytes) -> str:
    """The compact form of segments."""
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def raw(head: bytes, payload: bytes, key: SigningKey) -> str:
    """A valid signature over what ``sign`` itself would never write."""
    return join(head, payload, key.sign(join(head, payload).encode()))


def header(**parameters: object) -> bytes:
    """A protected header."""
    return json.dumps(parameters, separators=(",", ":")).encode()


def altered(compact: str, signer: SigningKey, /, **claims: object) -> str:
    """Signed again with other claims; one that is None is left out."""
    head, payload, _ = segments(compact)
    value = {**json.loads(payload), **claims}
    return raw(head, canonical({name: item for name, item in value.items() if item is not None}), signer)


def flipped(compact: str, segment: int, before: bytes) -> str:
    """The lowest bit of the last byte before the end of ``before`` (or of the segment) is another."""
    parts = [bytearray(part) for part in segments(compact)]
    at = parts[segment].index(before) + len(before) if before else len(parts[segment]) - 1
    parts[segment][at] ^= 1
    return join(*map(bytes, parts))


def rewritten(compact: str, old: str, new: str, key: SigningKey) -> str:
    """Signed again over a payload that no canonical writer produces."""
    head, payload, _ = segments(compact)
    text = payload.decode()
    assert text.count(old) == 1
    return raw(head, text.replace(old, new).encode(), key)


def flaws(good: str, typ: str, key: SigningKey, damaged: str, forged: str) -> Iterator[Case]:
    """Flaws that every kind of document can have."""
    head, payload, signature = segments(good)
    yield "flipped-signature", forged, {}, flipped(good, 2, b"")
    yield (
        "flipped-payload",
        forged,
        {},
        flipped(good, 1, b'"revision":1' if "manifest" in typ else b'"iat":1'),
    )
    yield "signed-by-stranger", forged, {}, raw(head, payload, FOREIGN)
    yield "signature-of-header-only", forged, {}, join(head, payload, key.sign(head))
    yield "signature-missing", damaged, {}, good.rsplit(".", 1)[0] + "."
    yield "signature-short", damaged, {}, join(head, payload, signature[:-1])
    yield "signature-spare-bits", damaged, {}, good[:-1] + chr(ord(good[-1]) + 1)
    yield "padding", damaged, {}, good + "=="
    yield "white-space-inside", damaged, {}, good.replace(".", ". ", 1)
    yield "four-segments", damaged, {}, good + ".AAAA"
    yield "alg-none", damaged, {}, raw(header(alg="none", typ=typ), payload, key)
    yield "alg-eddsa", damaged, {}, raw(header(alg="EdDSA", typ=typ), payload, key)
    yield "alg-hs256", damaged, {}, raw(header(alg="HS256", typ=typ), payload, key)
    yield "header-kid", damaged, {}, raw(header(alg="Ed25519", kid="1", typ=typ), payload, key)
    yield "header-crit", damaged, {}, raw(header(alg="Ed25519", crit=["b64"], typ=typ), payload, key)
    yield "header-no-typ", damaged, {}, raw(header(alg="Ed25519"), payload, key)
    twice = b'{"alg":"none","alg":"Ed25519","typ":"' + typ.encode() + b'"}'
    yield "header-alg-twice", damaged, {}, raw(twice, payload, key)
    yield "payload-no-json", damaged, {}, raw(head, payload[:-1], key)
    yield "payload-array", damaged, {}, raw(head, b"[]", key)
    yield "payload-bom", damaged, {}, raw(head, b"\xef\xbb\xbf" + payload, key)
    yield "payload-nested", damaged, {}, raw(head, b"[" * 20_000, key)


# Manifests ----------------------------------------------------------------------------------------------------


def share_set(number: int, slip39_id: int, k: int = 1, n: int = 1, shift: int = 0) -> ManifestSet:
    """A set; ``shift`` gives other keys to the nodes' shares."""
    base = 100 + 10 * number
    return ManifestSet(
        set=number,
        slip39_id=slip39_id,
        recipient=recipient(number),
        key_sha256=digest(number),
        groups=(
            ManifestGroup(
                name="nodes", k=k, n=n, proof_keys=tuple(digest(base + shift + i) for i in range(n))
            ),
            ManifestGroup(name="client", k=1, n=1, proof_keys=(digest(base + 7),)),
            ManifestGroup(name="successor", k=1, n=1, proof_keys=(digest(base + 8),)),
            ManifestGroup(name="reserve", k=1, n=1, proof_keys=(digest(base + 9),)),
        ),
    )


def manifest(
    revision: int = 12,
    *,
    sets: tuple[ManifestSet, ...] = (share_set(1, 4711),),
    retired: tuple[RetiredSet, ...] = (),
    root: SigningKey = ROOT,
    signer: SigningKey = DAILY,
    client: str = "baeckerei-meier",
    chain: tuple[str, ...] = (APPOINTED,),
    created: int = WALL,
) -> str:
    """A manifest that is right in itself."""
    made = make_manifest(
        root=root.public,
        client=client,
        revision=revision,
        created=created,
        bundle_sha256=digest(170),
        chain=chain,
        sets=sets,
        retired=retired,
    )
    return sign_manifest(made, signer)


def manifests() -> Iterator[Case]:
    """Single manifests, then pairs of one seen and one that would follow."""
    good = manifest()
    pinned = {"root": PROVIDER}
    yield "ok", "ok", pinned, good
    yield "ok-unpinned", "ok", {}, good
    yield "ok-signed-by-root", "ok", pinned, manifest(signer=ROOT, chain=())
    second = sign_appointment(ROOT, daily=NEXT.public, created=WALL + DAY)
    yield "ok-second-daily-key", "ok", pinned, manifest(signer=NEXT, chain=(APPOINTED, second))
    yield "ok-two-sets", "ok", pinned, manifest(sets=(share_set(1, 4711), share_set(2, 815)))
    yield "ok-nodes-2-of-3", "ok", pinned, manifest(sets=(share_set(1, 4711, 2, 3),))
    ended = RetiredSet(set=1, slip39_id=4711, date=WALL)
    yield "ok-retired", "ok", pinned, manifest(sets=(share_set(2, 815),), retired=(ended,))
    for name, code, extra, text in flaws(good, MANIFEST, DAILY, "manifest.damaged", "manifest.bad-signature"):
        yield name, code, pinned | extra, text
    yield from _spoilt_manifests(good, pinned)
    yield from _pairs(good, ended)


def _spoilt_manifests(good: str, pinned: dict[str, object]) -> Iterator[Case]:
    foreign = sign_appointment(FOREIGN, daily=DAILY.public, created=WALL)
    yield (
        "foreign-provider",
        "manifest.foreign-provider",
        pinned,
        manifest(root=FOREIGN, chain=(foreign,)),
    )
    yield "root-swapped", "manifest.foreign-provider", pinned, altered(good, DAILY, root=FOREIGN.public.hex())
    yield "iss-swapped", "manifest.root-mismatch", pinned, altered(good, DAILY, iss=FOREIGN_ID)
    yield "chain-empty", "manifest.bad-signature", pinned, altered(good, DAILY, chain=[])
    yield "chain-foreign", "manifest.chain-broken", pinned, altered(good, DAILY, chain=[foreign])
    statement = sign_statement(
        Appoint(appointment=APPOINTED),
        provider=PROVIDER,
        signer=ROOT,
        key="root",
        presence="typed",
        nonces=NONCES,
        jti=JTI,
        iat=WALL,
    )
    yield "chain-of-another-kind", "manifest.chain-broken", pinned, altered(good, DAILY, chain=[statement])
    yield "wrong-kind", "manifest.wrong-kind", pinned, statement
    yield "root-short", "manifest.damaged", pinned, altered(good, DAILY, root=ROOT.public.hex()[2:])
    invalid = "manifest.invalid"
    yield "claim-missing", invalid, pinned, altered(good, DAILY, bundle_sha256=None)
    yield "claim-unknown", invalid, pinned, altered(good, DAILY, note="x")
    yield "revision-string", invalid, pinned, altered(good, DAILY, revision="12")
    yield "revision-zero", invalid, pinned, altered(good, DAILY, revision=0)
    yield "hash-upper-case", invalid, pinned, altered(good, DAILY, bundle_sha256="AA" * 32)
    yield "next-revision-before", invalid, pinned, altered(good, DAILY, next_revision_by=WALL)
    sets = json.loads(segments(good)[1])["sets"]
    yield "no-set", invalid, pinned, altered(good, DAILY, sets=[])
    three = [dict(sets[0], set=number, slip39_id=number) for number in (1, 2, 3)]
    yield "three-sets", invalid, pinned, altered(good, DAILY, sets=three)
    yield "sets-descending", invalid, pinned, altered(good, DAILY, sets=[three[1], three[0]])
    same = [three[0], dict(three[1], slip39_id=1)]
    yield "identifier-twice", invalid, pinned, altered(good, DAILY, sets=same)
    both = [{"set": 1, "slip39_id": 9, "date": WALL}]
    yield "set-live-and-retired", invalid, pinned, altered(good, DAILY, retired=both)
    yield "identifier-too-big", invalid, pinned, altered(good, DAILY, sets=[dict(sets[0], slip39_id=2**15)])
    groups = sets[0]["groups"]
    swapped = [groups[1], groups[0], *groups[2:]]
    yield "groups-order", invalid, pinned, altered(good, DAILY, sets=[dict(sets[0], groups=swapped)])
    yield "group-missing", invalid, pinned, altered(good, DAILY, sets=[dict(sets[0], groups=groups[:3])])
    one_of_two = dict(groups[0], n=2, proof_keys=[digest(1), digest(2)])
    shape = [one_of_two, *groups[1:]]
    yield "group-1-of-2", invalid, pinned, altered(good, DAILY, sets=[dict(sets[0], groups=shape)])
    shared = [dict(groups[0], proof_keys=groups[1]["proof_keys"]), *groups[1:]]
    yield "proof-key-twice", invalid, pinned, altered(good, DAILY, sets=[dict(sets[0], groups=shared)])
    twice = rewritten(good, '"revision":12', '"revision":12,"revision":13', DAILY)
    yield "payload-duplicate-key", "manifest.damaged", pinned, twice
    for name, number in (
        ("nan", "NaN"),
        ("float", "12.0"),
        ("exponent", "12e0"),
        ("huge", "9007199254740993"),
    ):
        text = rewritten(good, '"revision":12', f'"revision":{number}', DAILY)
        yield f"payload-{name}", "manifest.damaged", pinned, text


def _pairs(good: str, ended: RetiredSet) -> Iterator[Case]:
    one, two = share_set(1, 4711), share_set(2, 815)
    seen = {"root": PROVIDER, "before": good}
    yield "follow-ok", "ok", seen, manifest(13)
    yield "follow-ok-gap", "ok", seen, manifest(99)
    yield "follow-ok-clock-went-back", "ok", seen, manifest(13, created=WALL - 9 * DAY)
    yield "follow-ok-same-bytes", "ok", seen, good
    yield "follow-ok-new-set", "ok", seen, manifest(13, sets=(one, two))
    yield "follow-ok-more-nodes", "ok", seen, manifest(13, sets=(share_set(1, 4711, 2, 3, shift=1),))
    yield "follow-ok-new-set-old-retired", "ok", seen, manifest(13, sets=(two,), retired=(ended,))
    yield "follow-older", "manifest.older", seen, manifest(11)
    yield "follow-same-revision", "manifest.same-revision", seen, manifest(12, created=WALL + 1)
    yield "follow-foreign-client", "manifest.foreign-client", seen, manifest(13, client="praxis-sommer")
    foreign = manifest(13, root=FOREIGN, signer=FOREIGN, chain=())
    yield "follow-foreign-provider", "manifest.foreign-provider", {"before": good}, foreign
    changed = "manifest.set-changed"
    for claim, value in (("slip39_id", 4712), ("recipient", recipient(9)), ("key_sha256", digest(9))):
        other = one.model_copy(update={claim: value})
        yield f"follow-other-{claim.replace('_', '-')}", changed, seen, manifest(13, sets=(other,))
    for index, name in enumerate(("client", "successor", "reserve"), start=1):
        groups = list(one.groups)
        groups[index] = groups[index].model_copy(update={"proof_keys": (digest(250),)})
        other = one.model_copy(update={"groups": tuple(groups)})
        yield f"follow-other-{name}-card", changed, seen, manifest(13, sets=(other,))
    moved = RetiredSet(set=1, slip39_id=4712, date=WALL)
    yield "follow-retired-as-another", changed, seen, manifest(13, sets=(two,), retired=(moved,))
    yield "follow-set-dropped", "manifest.set-dropped", seen, manifest(13, sets=(two,))
    later = {"root": PROVIDER, "before": manifest(sets=(two,), retired=(ended,))}
    yield "follow-set-returned", "manifest.set-returned", later, manifest(13, sets=(one, two))
    redated = RetiredSet(set=1, slip39_id=4711, date=WALL + 1)
    text = manifest(13, sets=(two,), retired=(redated,))
    yield "follow-retired-redated", "manifest.retired-changed", later, text
    yield "follow-retired-forgotten", "manifest.retired-changed", later, manifest(13, sets=(two,))
    again = share_set(3, 4711)
    text = manifest(13, sets=(two, again))
    yield "follow-identifier-of-retired", "manifest.retired-changed", later, text
    chain = (APPOINTED, sign_appointment(ROOT, daily=NEXT.public, created=WALL + DAY))
    renewed = {"root": PROVIDER, "before": manifest(signer=NEXT, chain=chain)}
    yield "follow-old-daily-key", "manifest.key-superseded", renewed, manifest(13)
    yield "follow-ok-chain-shorter", "ok", renewed, manifest(13, signer=NEXT, chain=chain[1:])
    yield "follow-ok-root-again", "ok", renewed, manifest(13, signer=ROOT, chain=())
    yield "follow-ok-new-daily-key", "ok", seen, manifest(13, signer=NEXT, chain=chain)
    before_two = {"root": PROVIDER, "before": manifest(sets=(two,))}
    yield "follow-number-below", "manifest.set-reused", before_two, manifest(13, sets=(one, two))
    reused = RetiredSet(set=2, slip39_id=815, date=WALL)
    swap = manifest(13, sets=(share_set(3, 4711),), retired=(reused,))
    yield "follow-ok-number-above", "ok", before_two, swap


# Statements, receipts, invitations, share proofs --------------------------------------------------------------


def statement(body: object, *, signer: SigningKey = DAILY, **other: object) -> str:
    """A statement to ``NODE``, typed and signed by the daily key."""
    arguments: dict[str, object] = {
        "provider": PROVIDER,
        "signer": signer,
        "key": "root" if signer is ROOT else "daily",
        "presence": "typed",
        "nonces": NONCES,
        "jti": JTI,
        "iat": WALL,
    }
    return sign_statement(body, **(arguments | other))  # type: ignore[arg-type]


FILES = {
    name: FileOf(sha256=digest(number), size=1000 + number)
    for number, name in enumerate(
        ("bundle.age", "key-1.age", "manifest.jws", "provider-key.age", "share-1.age", "workspace.age"),
        start=1,
    )
}
TERMS = Terms(
    client="baeckerei-meier",
    profile="full-service",
    timings=Timings(),
    beneficiaries=(
        Beneficiary(person="aaaaaaaa", role="client", after=0),
        Beneficiary(person="bbbbbbbb", role="successor", after=0),
        Beneficiary(person="cccccccc", role="reserve", after=14 * DAY),
    ),
    nodes=(NodeRun(fingerprint=NODE_ID, operator="provider"),),
    people_sha256=digest(7),
)
INVITED = sign_invitation(NODE, recipient=recipient(0), url="https://node.example", id_=JTI, iat=WALL)
ENROL = Enrol(
    invitation=INVITED,
    root=ROOT.public.hex(),
    name="Jana Winter",
    appointment=APPOINTED,
    provider_set=ProviderSet(
        slip39_id=99,
        proof_keys=(CARD_1.public.hex(), CARD_2.public.hex(), CARD_3.public.hex()),
        key_sha256=digest(8),
    ),
    timings=Timings(),
    people_sha256=digest(7),
)


def statements() -> Iterator[Case]:
    """One good statement of each type, then what is wrong with a check-in, then the other kinds."""
    known: dict[str, object] = {
        "kind": "statement",
        "root": ROOT.public.hex(),
        "daily": DAILY.public.hex(),
        "node": NODE_ID,
    }
    good = {
        "enrol": ENROL,
        "appoint": Appoint(appointment=sign_appointment(ROOT, daily=NEXT.public, created=WALL)),
        "timings": NewTimings(timings=Timings(interval=60 * DAY), people_sha256=digest(7)),
        "terms": TERMS,
        "deposit": Deposit(client="baeckerei-meier", files=FILES),
        "checkin": Checkin(),
        "pause": Checkin(pause=14 * DAY, reason="Urlaub"),
        "end": End(client="baeckerei-meier"),
        "query-ledger": Query(what="ledger", since=41),
        "query-file": Query(what="file", sha256=digest(1)),
        "witnesses": TERMS.model_copy(update={"witnesses": ("dddddddd", "eeeeeeee")}),
        "domains": Deposit(
            client="baeckerei-meier", files=FILES, domains=("meier.example", "xn--bckerei-5wa.example")
        ),
        "agreed": TERMS.model_copy(update={"deliver_by": 14 * DAY, "agreement": NODE_ID}),
        "printed": Deposit(
            client="baeckerei-meier",
            files=FILES,
            printed=PrintedList(delivered=11, old=OldList(first=12, since=WALL, names_sha256=digest(9))),
        ),
        "never-printed": Deposit(
            client="baeckerei-meier", files=FILES, printed=PrintedList(old=OldList(first=1, since=WALL))
        ),
        "approve": Approve(client="baeckerei-meier", request="rrrrrrrr"),
        "delay": Delay(client="baeckerei-meier", request="rrrrrrrr", seconds=DAY, reason="Ich rufe an"),
        "arm": Arm(client="baeckerei-meier"),
        "arm-despite": Arm(client="baeckerei-meier", despite="Karte folgt", gaps=("card.unproved",)),
        "unseal": Unseal(client="baeckerei-meier", set=1),
        "drill": Drill(client="baeckerei-meier"),
    }
    for name, body in good.items():
        yield f"ok-{name}", "ok", known, statement(body)
    for name in ("approve", "unseal"):
        yield (
            f"stored-{name}",
            "statement.not-typed",
            known,
            altered(statement(good[name]), DAILY, presence="stored"),
        )
    wrong: dict[str, tuple[str, dict[str, object]]] = {
        "delay-none": ("delay", {"client": "a", "request": "rrrrrrrr", "seconds": 0, "reason": "x"}),
        "delay-without-reason": ("delay", {"client": "a", "request": "rrrrrrrr", "seconds": 1}),
        "approve-other-id": ("approve", {"client": "a", "request": "1"}),
        "arm-gaps-without-reason": ("arm", {"client": "a", "gaps": ["card.unproved"]}),
        "arm-reason-without-gaps": ("arm", {"client": "a", "despite": "x", "gaps": []}),
        "unseal-set-zero": ("unseal", {"client": "a", "set": 0}),
        "deposit-domain-upper-case": (
            "domains",
            {**good["domains"].model_dump(mode="json"), "domains": ["Meier.example"]},
        ),
        "deposit-domain-one-label": (
            "domains",
            {**good["domains"].model_dump(mode="json"), "domains": ["com"]},
        ),
        "deposit-list-without-first": (
            "printed",
            {
                **good["deposit"].model_dump(mode="json", exclude_none=True),
                "printed": {"old": {"since": WALL}},
            },
        ),
        "terms-agreement-upper-case": (
            "agreed",
            {**TERMS.model_dump(mode="json", exclude_none=True), "agreement": NODE_ID.upper()},
        ),
    }
    for name, (like, body) in wrong.items():
        yield name, "document.invalid", known, altered(statement(good[like]), DAILY, body=body)
    yield "ok-signed-by-root", "ok", known, statement(Checkin(), signer=ROOT)
    yield "ok-stored-deposit", "ok", known, statement(good["deposit"], presence="stored")
    heads = {NODE_ID: SeenHead(seq=41, hash=digest(3))}
    yield "ok-head-seen", "ok", known, statement(Checkin(), seen=heads)
    two = NONCES | {OTHER_NODE_ID: "ff" * 16}
    yield "ok-two-nodes", "ok", known, statement(Checkin(), nonces=two)
    checkin = statement(Checkin())
    for name, code, extra, text in flaws(checkin, STATEMENT, DAILY, "jws.damaged", "jws.bad-signature"):
        yield name, code, known | extra, text
    yield from _spoilt_statements(checkin, known)
    yield from _others(checkin)


def _spoilt_statements(checkin: str, known: dict[str, object]) -> Iterator[Case]:
    yield "wrong-kind", "jws.wrong-kind", known, APPOINTED
    yield "unknown-provider", "provider.unknown", known, altered(checkin, DAILY, iss=FOREIGN_ID)
    yield "daily-claims-root", "jws.bad-signature", known, altered(checkin, DAILY, key="root")
    yield "root-claims-daily", "jws.bad-signature", known, altered(checkin, ROOT, key="daily")
    waits = known | {"waiting": NEXT.public.hex()}
    yield "daily-waits", "statement.daily-waits", waits, statement(Checkin(), signer=NEXT)
    other = {OTHER_NODE_ID: "ff" * 16}
    yield "other-node", "statement.other-node", known, statement(Checkin(), nonces=other)
    yield "stored-checkin", "checkin.not-typed", known, statement(Checkin(), presence="stored")
    spoilt = {
        "nonce-missing": {"nonces": {}},
        "nonce-of-another": {"nonces": other},
        "audience-empty": {"aud": [], "nonces": {}},
        "audience-twice": {"aud": [NODE_ID, NODE_ID]},
        "head-of-another": {"seen": {OTHER_NODE_ID: {"seq": 1, "hash": digest(1)}}},
        "jti-short": {"jti": "abc"},
        "iat-string": {"iat": "1798761600"},
        "iat-negative": {"iat": -1},
        "presence-unknown": {"presence": "yes"},
        "type-unknown": {"type": "open"},
        "type-swapped": {"type": "end"},
        "claim-unknown": {"exp": WALL},
        "body-missing": {"body": None},
        "pause-without-reason": {"body": {"pause": 14 * DAY}},
        "pause-bool": {"body": {"pause": True, "reason": "x"}},
    }
    for name, claims in spoilt.items():
        yield name, "document.invalid", known, altered(checkin, DAILY, **claims)
    for name, number in (("nan", "NaN"), ("float", "1.5"), ("huge", "9007199254740993")):
        text = rewritten(checkin, f'"iat":{WALL}', f'"iat":{number}', DAILY)
        yield f"payload-{name}", "jws.damaged", known, text
    text = rewritten(checkin, '"type":"checkin"', '"type":"end","type":"checkin"', DAILY)
    yield "payload-duplicate-key", "jws.damaged", known, text
    deposit = statement(Deposit(client="baeckerei-meier", files=FILES))
    files = json.loads(segments(deposit)[1])["body"]["files"]
    for name, drop, add in (
        ("no-bundle", "bundle.age", None),
        ("no-share", "share-1.age", None),
        ("foreign-file", None, "../x"),
        ("set-zero", None, "key-0.age"),
    ):
        changed = {key: value for key, value in files.items() if key != drop}
        changed |= {add: {"sha256": digest(1), "size": 1}} if add else {}
        body = {"client": "baeckerei-meier", "files": changed}
        yield f"deposit-{name}", "document.invalid", known, altered(deposit, DAILY, body=body)
    large = files | {"bundle.age": {"sha256": digest(1), "size": 64 * 1024 * 1024 + 1}}
    body = {"client": "baeckerei-meier", "files": large}
    yield "deposit-too-large", "document.invalid", known, altered(deposit, DAILY, body=body)
    enrol = statement(ENROL)
    yield "enrol-foreign-root", "statement.root-mismatch", known, altered(enrol, DAILY, iss=FOREIGN_ID)
    foreign = ENROL.model_copy(
        update={"appointment": sign_appointment(FOREIGN, daily=DAILY.public, created=WALL)}
    )
    text = altered(enrol, DAILY, body=foreign.model_dump(mode="json"))
    yield "enrol-foreign-appointment", "jws.bad-signature", known, text
    yield "enrol-signed-by-other", "jws.bad-signature", known, altered(enrol, NEXT)
    appoint = statement(Appoint(appointment=APPOINTED))
    forged = {"appointment": sign_appointment(FOREIGN, daily=NEXT.public, created=WALL)}
    yield "appoint-forged", "jws.bad-signature", known, altered(appoint, DAILY, body=forged)


def _others(checkin: str) -> Iterator[Case]:
    standing = Standing(
        phase="current",
        epoch=2,
        node_time=86_400_000,
        wall=WALL,
        time_scale=1,
        deadline=WALL + 30 * DAY,
        announced_from=WALL + 44 * DAY,
        released_from=WALL + 51 * DAY,
        paused_until=None,
        mail_checkins=0,
        hearing="hearing",
        blind=False,
    )
    receipt = sign_receipt(
        Receipt(
            node=NODE_ID,
            provider=PROVIDER,
            jti=JTI,
            statement_sha256=statement_hash(checkin),
            seq=42,
            head=digest(4),
            node_time=86_400_000,
            wall=WALL,
            standing=standing,
        ),
        NODE,
    )
    of_node = {"kind": "receipt", "node-key": NODE.public.hex(), "statement": checkin}
    yield "receipt-ok", "ok", of_node, receipt
    yield "receipt-flipped", "jws.bad-signature", of_node, flipped(receipt, 1, b'"seq":4')
    yield "receipt-signed-by-other-node", "jws.bad-signature", of_node, altered(receipt, OTHER_NODE)
    yield (
        "receipt-names-other-node",
        "receipt.other-node",
        of_node,
        altered(receipt, NODE, node=OTHER_NODE_ID),
    )
    again = of_node | {"statement": statement(Checkin(), jti="zyxwvutsrqponmlkjihgfedcba")}
    yield "receipt-other-statement", "receipt.other-statement", again, receipt
    yield "receipt-seq-zero", "document.invalid", of_node, altered(receipt, NODE, seq=0)
    yield "receipt-wrong-kind", "jws.wrong-kind", of_node, INVITED

    invitation: dict[str, object] = {"kind": "invitation"}
    yield "invitation-ok", "ok", invitation, INVITED
    lines = " \n".join(INVITED[at : at + 76] for at in range(0, len(INVITED), 76))
    yield "invitation-ok-wrapped", "ok", invitation, lines
    yield "invitation-flipped", "jws.bad-signature", invitation, flipped(INVITED, 1, b'"iat":1')
    swapped = altered(INVITED, NODE, node=OTHER_NODE_ID)
    yield "invitation-fingerprint-of-another", "invitation.other-node", invitation, swapped
    stolen = altered(INVITED, NODE, public=OTHER_NODE.public.hex(), node=OTHER_NODE_ID)
    yield "invitation-key-of-another", "jws.bad-signature", invitation, stolen
    odd = altered(INVITED, NODE, url="file:///etc/passwd")
    yield "invitation-url", "document.invalid", invitation, odd

    pair = sign_restore((CARD_1, CARD_2), nonces=NONCES, jti=JTI, iat=WALL)
    restore: dict[str, object] = {"kind": "restore", "node": NODE_ID}
    yield "restore-ok", "ok", restore, "\n".join(pair)
    yield "restore-one-card-twice", "jws.bad-signature", restore, "\n".join((pair[0], pair[0]))
    yield "restore-swapped", "jws.bad-signature", restore, "\n".join(reversed(pair))
    later = sign_restore((CARD_1, CARD_2), nonces=NONCES, jti=JTI, iat=WALL + 1)
    yield "restore-pair-differs", "proof.pair-differs", restore, "\n".join((pair[0], later[1]))
    same = [CARD_1.public.hex()] * 2
    doubled = altered(pair[0], CARD_1, proof_keys=same)
    yield "restore-same-key", "document.invalid", restore, f"{doubled}\n{doubled}"
    elsewhere = restore | {"node": OTHER_NODE_ID}
    yield "restore-other-node", "statement.other-node", elsewhere, "\n".join(pair)

    appointed: dict[str, object] = {"kind": "appointment", "root": ROOT.public.hex()}
    yield "appointment-ok", "ok", appointed, APPOINTED
    text = altered(APPOINTED, ROOT, iss=FOREIGN_ID)
    yield "appointment-foreign-iss", "statement.root-mismatch", appointed, text
    forged = sign_appointment(FOREIGN, daily=DAILY.public, created=WALL)
    yield "appointment-forged", "jws.bad-signature", appointed, forged


# Proofs of one card -------------------------------------------------------------------------------------------

CARD_SEED = bytes([10]) * 32
CARD = SigningKey.from_seed(CARD_SEED)
CODE = Code(NODE_ID, NONCES[NODE_ID])


def proofs() -> Iterator[Case]:
    """Proofs of one card and the codes that they answer, and what is wrong with others."""
    known: dict[str, object] = {"kind": "proof", "node": NODE_ID}
    code = make_code(CODE.node, CODE.nonce)
    for purpose in ("request", "card-proof", "retire"):
        made: dict[str, object] = {
            "purpose": purpose, "proof-key": CARD.public.hex(), "seed": CARD_SEED.hex(), "codes": code,
        }  # fmt: skip
        yield f"ok-{purpose}", "ok", known | made, sign_card(CARD, purpose, codes=[CODE], jti=JTI, iat=WALL)
    good = sign_card(CARD, "request", codes=[CODE], jti=JTI, iat=WALL)
    other = Code(OTHER_NODE_ID, "ff" * 16)
    two = sign_card(CARD, "request", codes=[CODE, other], jti=JTI, iat=WALL)
    yield "ok-two-nodes", "ok", known, two
    wrapped = "\n  ".join(good[at : at + 64] for at in range(0, len(good), 64))
    yield "ok-wrapped", "ok", known, wrapped
    for name, expect, head, text in flaws(good, "escrow-proof+jwt", CARD, "jws.damaged", "jws.bad-signature"):
        if name != "white-space-inside":  # as in ok-wrapped: what is pasted may be broken anywhere
            yield name, expect, known | head, text
    yield "other-node", "statement.other-node", known | {"node": OTHER_NODE_ID}, good
    yield "key-of-another", "jws.bad-signature", known, altered(good, CARD, proof_key=CARD_1.public.hex())
    pair = sign_restore((CARD_1, CARD_2), nonces=NONCES, jti=JTI, iat=WALL)
    yield "restore", "document.invalid", known, pair[0]
    yield "wrong-kind", "jws.wrong-kind", known, APPOINTED
    for name, claims in {
        "purpose-unknown": {"purpose": "release"},
        "purpose-restore": {"purpose": "restore"},
        "purpose-missing": {"purpose": None},
        "key-missing": {"proof_key": None},
        "key-upper-case": {"proof_key": CARD.public.hex().upper()},
        "key-short": {"proof_key": CARD.public.hex()[:-2]},
        "audience-empty": {"aud": [], "nonces": {}},
        "audience-twice": {"aud": [NODE_ID, NODE_ID]},
        "nonce-missing": {"nonces": {}},
        "nonce-of-another": {"nonces": {OTHER_NODE_ID: "ff" * 16}},
        "nonce-short": {"nonces": {NODE_ID: "ff" * 15}},
        "jti-short": {"jti": "a" * 15},
        "iat-string": {"iat": "1"},
        "claim-unknown": {"client": "baeckerei-meier"},
    }.items():
        yield name, "document.invalid", known, altered(good, CARD, **claims)

    asked: dict[str, object] = {"kind": "code"}
    named: dict[str, object] = {"node": CODE.node, "nonce": CODE.nonce}
    yield "code-ok", "ok", asked | named, code
    yield "code-ok-wrapped", "ok", asked | named, f"  {code[:30].upper()}\n\t{code[30:]}"
    for name, text in {
        "empty-nonce": f"escrow-code/1.{NODE_ID}.",
        "short-nonce": code[:-1],
        "long-nonce": code + "0",
        "short-node": code.replace(NODE_ID, NODE_ID[:-1]),
        "version": code.replace("/1.", "/2."),
        "no-prefix": code.partition(".")[2],
        "trailing": code + ".",
        "proof": good,
    }.items():
        yield f"code-{name}", "code.malformed", asked, text


# Ledgers ------------------------------------------------------------------------------------------------------


def ledgers() -> Iterator[Case]:
    """Three entries, and what can be done to them."""
    first = make_entry(
        EMPTY, node=NODE_ID, node_time=0, wall=WALL, type_="enrol", body={"statement": "x"}, salt=bytes(16)
    )
    second = make_entry(
        first.head,
        node=NODE_ID,
        node_time=10_000,
        wall=WALL + 10,
        type_="checkin",
        body={"name": "Zoë", "\u20ac": "Kosten", "n": -1, "list": [None, True, {}]},
        salt=bytes(range(16)),
    )
    third = make_entry(
        second.head, node=NODE_ID, node_time=20_000, wall=WALL, type_="end", body={}, salt=b"\xff" * 16
    )
    entries = [first, second, third]
    whole = _lines(*entries)
    end = {"head": f"{third.seq} {third.hash}"}
    at_two = f"{second.seq} {second.hash}"
    yield "ok", "ok", end, whole
    yield "ok-empty", "ok", {"head": f"0 {EMPTY.hash}"}, ""
    yield "ok-one-erased", "ok", end, _lines(first, second.without_body(), third)
    yield "ok-all-erased", "ok", end, _lines(*(entry.without_body() for entry in entries))
    yield "ok-after-head", "ok", end | {"after": at_two}, _lines(third)
    yield "ok-reaches-head", "ok", end | {"expected": at_two}, whole
    yield "ok-nothing-new", "ok", {"after": at_two, "expected": at_two, "head": at_two}, ""
    yield "cut", "ledger.cut", {"expected": f"{third.seq} {third.hash}"}, _lines(first, second)
    yield "forked", "ledger.forked", {"expected": f"2 {digest(1)}"}, whole
    yield "after-another-head", "ledger.chain-broken", {"after": f"2 {digest(1)}"}, _lines(third)
    yield "went-back", "ledger.gap", {"after": at_two}, whole
    yield "gap", "ledger.gap", {}, _lines(first, third)
    yield "swapped", "ledger.gap", {}, _lines(first, third, second)
    yield "twice", "ledger.gap", {}, _lines(first, second, second, third)
    yield "begins-late", "ledger.gap", {}, _lines(second, third)
    other = _entry(third, prev=first.hash)
    yield "prev-of-another", "ledger.chain-broken", {}, _lines(first, second, other)
    genesis = make_entry(
        EMPTY, node=OTHER_NODE_ID, node_time=0, wall=WALL, type_="enrol", body={}, salt=bytes(16)
    )
    yield "foreign-node", "ledger.foreign-node", {"node": NODE_ID}, _lines(genesis)
    changed = _entry(third, node=OTHER_NODE_ID)
    yield "node-changes", "ledger.foreign-node", {}, _lines(first, second, changed)
    for claim, value in (("node_time", 10_001), ("wall", WALL), ("type", "end"), ("body_sha256", digest(1))):
        spoilt = second.model_copy(update={claim: value})
        yield f"changed-{claim.replace('_', '-')}", "ledger.hash-wrong", {}, _lines(first, spoilt, third)
    spoilt = second.model_copy(update={"body": {**(second.body or {}), "n": 1}})
    yield "changed-body", "ledger.body-changed", {}, _lines(first, spoilt, third)
    spoilt = second.model_copy(update={"body": {**(second.body or {}), "salt": "00" * 16}})
    yield "changed-salt", "ledger.body-changed", {}, _lines(first, spoilt, third)
    damaged = "ledger.line-damaged"
    line = export_line(first).decode()
    yield "line-cut", damaged, {}, line[: len(line) // 2]
    yield "line-empty", damaged, {}, line + "\n"
    yield "line-spaced", damaged, {}, line.replace(":", ": ", 1)
    yield (
        "line-order",
        damaged,
        {},
        json.dumps(dict(reversed(json.loads(line).items())), separators=(",", ":")) + "\n",
    )
    yield "line-escaped", damaged, {}, line.replace('"enrol"', '"enr\\u006fl"')
    yield "line-crlf", damaged, {}, line.replace("\n", "\r\n")
    yield "line-upper-hex", damaged, {}, line.replace(first.hash, first.hash.upper())
    yield "line-duplicate-key", damaged, {}, line.replace('{"body"', '{"body":null,"body"', 1)
    yield "line-nan", damaged, {}, line.replace('"node_time":0', '"node_time":NaN')
    yield "line-float", damaged, {}, line.replace('"node_time":0', '"node_time":0.0')
    yield "line-extra-claim", damaged, {}, line.replace('"node_time":0', '"node_time":0,"note":1')
    yield "line-seq-zero", damaged, {}, line.replace('"seq":1', '"seq":0')
    yield "line-body-missing", damaged, {}, "{" + line[line.index('"body_sha256"') :]


def _lines(*entries: LedgerEntry) -> str:
    return b"".join(map(export_line, entries)).decode()


def _entry(entry: LedgerEntry, **changes: object) -> LedgerEntry:
    """The same entry, changed and hashed again: right by itself, wrong in its place."""
    changed = entry.model_copy(update=changes)
    new = entry_hash(
        node=changed.node,
        seq=changed.seq,
        node_time=changed.node_time,
        wall=changed.wall,
        type_=changed.type,
        body_sha256=changed.body_sha256,
        prev=changed.prev,
    )
    return changed.model_copy(update={"hash": new})


def files(folder: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of a folder."""
    cases = {"manifests": manifests, "statements": statements, "proofs": proofs, "ledgers": ledgers}[folder]
    for name, expect, head, payload in cases():
        lines = [f"expect: {expect}", *(f"{key}: {value}" for key, value in head.items())]
        # A ledger ends as it ends; a compact string gets the line feed of a text file.
        end = "" if folder == "ledgers" else "\n"
        yield f"{name}.txt", ("\n".join(lines) + "\n\n" + payload + end).encode()


if __name__ == "__main__":
    for target in ("manifests", "statements", "proofs", "ledgers"):
        for file, content in files(target):
            (HERE / target / file).write_bytes(content)
