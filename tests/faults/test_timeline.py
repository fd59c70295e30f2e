"""The whole line on real parts: a silent provider, real mails, a release."""

from email import message_from_bytes, policy
from pathlib import Path

from harness import SHORT, D, eventually, node
from sink import Sink


def test_release_arrives(tmp_path: Path) -> None:
    """Silence leads from reminders over warnings and the announcement to a release with share and kit (P2, P3)."""
    with Sink() as sink, node(tmp_path, sink.port) as box:
        (seeded,) = box.seed()
        box.start()
        eventually(lambda: len(box.entries(seeded.id, "released")) == 2, within=20, what=box.log())
        assert box.stop() == 0
        (release,) = [m for m in sink.taken(seeded.client) if m.header("Escrow-Share")]
        mail = message_from_bytes(release.content, policy=policy.default)
        text = mail.get_body(("plain",)).get_content()
        assert seeded.share in text
        assert [part.get_filename() for part in mail.iter_attachments()] == [
            "INSTRUCTIONS.html",
            "bundle.age",
            "key-1.age",
            "manifest.jws",
        ]
        kinds = [e["body"]["kind"] for e in box.ledger(seeded.id) if e["type"] == "ordered"]
        assert kinds[0] == "remind"
        assert kinds.index("warn") < kinds.index("announce") < kinds.index("release")
        released = box.entries(seeded.id, "released")[0]
        assert released["node_time"] >= (SHORT.interval + SHORT.grace + SHORT.announce) * 1000
        assert released["node_time"] < (SHORT.interval + SHORT.grace + SHORT.announce + 30 * D) * 1000
        assert box.verify_ledger(seeded.id) == len(box.ledger(seeded.id))
