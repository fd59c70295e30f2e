"""What people do with cards and links, at the node of ``face_world``: proofs, clicks, and a mail server's answers."""

import asyncio
import html
import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

from node.face_world import Answer, Node, Provider, card_set, digest

from escrowd.core.keys import SigningKey, new_id, share_proof_key
from escrowd.core.manifest import ManifestGroup, ManifestSet, RetiredSet, make_manifest, sign_manifest
from escrowd.core.seal import seal_bytes
from escrowd.core.statements import Code, sign_card
from escrowd.core.switch import Gate
from escrowd.node.answers import Answered, Answers
from escrowd.node.channels.smtp import Result
from escrowd.node.intake import acts
from escrowd.node.intake.clicks import Visit, follow
from escrowd.node.store.outbox import Waiting, next_letters

GROUPS = ("nodes", "client", "successor", "reserve")
WALL = 1_801_440_000


def card(group: str, identifier: int = 501) -> SigningKey:
    """The proof key of a group's card."""
    return share_proof_key(card_set(identifier).shares[group][0].split())


def prove(node: Node, key: SigningKey, purpose: str = "request", **other: Any) -> Answer:
    """Prove a card to the node; ``node_id`` and ``nonce`` may be others than its own."""
    code = Code(other.get("node_id", node.fingerprint), other.get("nonce") or node.nonce())
    proof = sign_card(key, purpose, codes=[code], jti=new_id() + new_id(), iat=WALL)  # type: ignore[arg-type]
    return post(node, proof)


def post(node: Node, proof: str) -> Answer:
    """Hand in a proof."""
    return node.ask("POST", "/v1/proofs", f'{{"proof": "{proof}"}}'.encode())


def with_deposit(node: Node) -> Provider:
    """A provider with one client and a deposit."""
    found = Provider(node)
    assert found.enrol().status == 200
    assert found.agree(delay_max=3 * 86_400).status == 200
    assert found.deposit().status == 200
    return found


def visit(node: Node, kind: str, person: str, page: str, *, newest: bool = True) -> Visit:
    """Follow the link to a page in a letter of a kind to a person."""
    letters = [row for row in node.letters(kind) if row[1] == person]
    message = letters[-1 if newest else 0][3].decode()
    (found, *_) = re.findall(rf"http://127\.0\.0\.1:\d+/p/{page}\?[^\s\"<>]+", message)
    query = {name: values[0] for name, values in parse_qs(urlsplit(html.unescape(found)).query).items()}
    return node.store.read_now(
        lambda tx: follow(
            tx, node.context, query["o"], query["t"], frozenset({kind}), address=query.get("a", "")
        )
    )  # type: ignore[return-value]


def do(act: Callable[..., Coroutine[Any, Any, Any]], node: Node, there: Visit, *more: Any) -> Any:
    """Press a button."""
    return asyncio.run(act(node.context, there, *more))


def confirm(node: Node, person: str = "clientaa") -> None:
    """Confirm the newest address of a person that was asked for it."""
    do(acts.confirm_address, node, visit(node, "confirm-address", person, "address"))


def answers(node: Node) -> Answers:
    """The node's own recorder of answers."""
    return Answers(node.clock, node.desk, node.config.time)


def waiting(node: Node) -> list[Waiting]:
    """Letters that may be tried now."""
    return node.store.read_now(lambda tx: next_letters(tx, node.clock.now().awake, limit=500))


def send(node: Node, *, refuse: dict[str, int] | None = None) -> list[Waiting]:
    """The mail server takes every letter, or refuses those to some addresses with a code; who was sent to."""
    sent = []
    recorder = answers(node)
    for letter in waiting(node):
        code = (refuse or {}).get(letter.address)
        gate = node.store.read_now(lambda tx, letter=letter: recorder.gate(tx, letter))
        if gate is not Gate.GO:
            continue
        begun = letter.parts is not None
        if begun:
            gate = node.store.write_now(lambda tx, letter=letter: recorder.begin(tx, letter))
            if gate is not Gate.GO:
                continue
        result = Result("accepted", 250) if code is None else Result("refused", code)
        answered = Answered(letter, result, gate, begun)
        node.store.write_now(lambda tx, answered=answered: recorder.record_all(tx, [answered]))
        sent.append(letter)
    return sent


def kinds(letters: list[Waiting]) -> set[tuple[str, str]]:
    """Kind and person of each."""
    return {(letter.kind, letter.person) for letter in letters}


def files_of(
    provider: Provider, revision: int, identifiers: dict[int, int], ended: dict[int, int] | None = None
) -> dict[str, bytes]:
    """A deposit that is sealed to several sets: number -> SLIP-39 identifier. ``ended``: those it lists as over."""
    sets = {number: card_set(identifier) for number, identifier in identifiers.items()}
    bundle = seal_bytes(f"the bundle, revision {revision}".encode(), [one.recipient for one in sets.values()])
    files = {
        "bundle.age": bundle,
        "provider-key.age": provider.cards.key_file,
        "workspace.age": seal_bytes(b"the sealed table", [provider.root.identity.recipient]),
    }
    for number, one in sets.items():
        files[f"key-{number}.age"] = one.key_file
        recipient = provider.node.key.identity.recipient
        files[f"share-{number}.age"] = seal_bytes(one.shares["nodes"][0].encode(), [recipient])
    manifest = make_manifest(
        root=provider.root.signing.public,
        client="bakery",
        revision=revision,
        created=WALL + revision,
        bundle_sha256=digest(bundle),
        chain=[provider.appointment],
        sets=[
            ManifestSet(
                set=number,
                slip39_id=one.identifier,
                recipient=one.recipient,
                key_sha256=digest(one.key_file),
                groups=tuple(
                    ManifestGroup(name=name, k=1, n=1, proof_keys=(one.proof_keys[name][0].hex(),))
                    for name in GROUPS
                ),
            )
            for number, one in sorted(sets.items())
        ],
        retired=[
            RetiredSet(set=number, slip39_id=identifier, date=WALL)
            for number, identifier in (ended or {}).items()
        ],
    )
    files["manifest.jws"] = sign_manifest(manifest, provider.daily).encode()
    return files
