"""Several revisions on the table: the newest is spoilt, or one is damaged, and the whole one opens all the same."""

from pathlib import Path

from cli.cli_world import Desk

MATERIAL = Path(__file__).resolve().parents[1] / "vectors" / "recovery" / "material"


def recover(desk: Desk, *words: object) -> object:
    return desk.escrow("recover", *words, "-o", "opened")


def test_a_spoilt_newest_revision_shuts_out_no_older_one(desk):
    """The error names the revision that was set aside, nothing is opened instead, and asked for it opens (P7)."""
    older = MATERIAL / "kit-older"
    table = ["--kit", MATERIAL / "payload-no-zip", "--bundle", older / "bundle.age"]
    table += ["--manifest", older / "manifest.jws", "--yes"]
    table += [
        part for who in ("client", "successor") for part in ("--card", MATERIAL / f"cards/meier-{who}.txt")
    ]
    given = [str(part) for part in table]
    with desk.unchanged():
        answer = recover(desk, *given)
    assert answer.code == 5
    assert "(2) with --revision NUMBER" in answer.err.splitlines()[-1]
    asked = recover(desk, *given, "--revision", "2")
    assert (asked.code, asked.out.splitlines()[0].endswith(", revision 2")) == (0, True)
    assert "revision 3 is newer than 2, which you asked for" in asked.err


def test_a_damaged_stick_beside_a_whole_kit(desk):
    """Of a bundle that no signature proves it is said that it was set aside; the whole kit opens (P6)."""
    cards = [
        part for who in ("client", "successor") for part in ("--card", f"{MATERIAL}/cards/meier-{who}.txt")
    ]
    damaged = ["--bundle", f"{MATERIAL}/bundle-older.age", "--manifest", f"{MATERIAL}/manifest-flipped.jws"]
    answer = recover(desk, "--kit", f"{MATERIAL}/kit", *damaged, *cards, "--yes")
    assert answer.code == 0
    assert "WARNING: a bundle.age that no manifest proves was given, too, and set aside." in answer.err
