"""Opening with what is wrong: one sentence that names it, one hint, its family's exit code, nothing changed."""

import shutil
from pathlib import Path

import pytest
from cli.cli_world import Desk
from shamir_mnemonic import generate_mnemonics

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "recovery" / "material"
CLIENT, SUCCESSOR = "bakery-client.txt", "bakery-successor.txt"
CARDS = ("--card", CLIENT, "--card", SUCCESSOR)
ALL_THE_SAME = "to open all the same: --unverified"


def recover(desk: Desk, *words: object) -> object:
    return desk.escrow("recover", *words, "-o", "opened")


def with_word(desk: Desk, position: int, word: str) -> None:
    words = desk.words(CLIENT)
    words[position - 1] = word
    desk.write(CLIENT, " ".join(words))


def test_the_kit_and_two_cards_open(desk):
    """The world of these tests opens: what is refused below is refused for its own fault alone (P6)."""
    answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    assert answer.code == 0, answer
    assert (desk.folder / "opened" / "READ-ME-FIRST.html").is_file()


def test_a_surplus_card_is_not_needed(desk):
    """A card given twice does no harm."""
    assert recover(desk, "--kit", "kit-bakery", *CARDS, "--card", CLIENT).code == 0


def test_a_word_of_no_list_is_named_by_its_position(desk):
    """The word itself is never shown: it may be a slip of a real one (P10)."""
    with_word(desk, 7, "xylophone")
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        4,
        f"{CLIENT}: word 7 is on no card",
        "compare word 7 with the card; its first four letters are enough",
    )
    assert "xylophone" not in answer.err


def test_a_wrong_word_of_the_list_is_named_by_its_position(desk):
    """A word read from the wrong line is found by the checksum."""
    words = desk.words(CLIENT)
    with_word(desk, 12, "zero" if words[11] != "zero" else "academic")
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        4,
        f"{CLIENT}: word 12 is not the one that was printed there",
        "compare word 12 with the card, letter by letter",
    )


def test_swapped_words_are_named(desk):
    """Two neighbours that changed places are found."""
    words = desk.words(CLIENT)
    words[4], words[5] = words[5], words[4]
    desk.write(CLIENT, " ".join(words))
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        4,
        f"{CLIENT}: words 5 and 6 have changed places",
        "type the words in the order of their numbers on the card",
    )


def test_many_wrong_words_say_so(desk):
    """With more than one wrong word no position is guessed."""
    desk.write(CLIENT, " ".join(reversed(desk.words(CLIENT))))
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        4,
        f"{CLIENT}: the words do not fit together: more than one is wrong, or not in its place",
        "compare all 20 with the card, number by number; it helps if somebody reads them aloud",
    )


@pytest.mark.parametrize("count", [1, 19, 21])
def test_words_are_counted(desk, count):
    """19 words, or 21, are counted, not guessed at."""
    words = [*desk.words(CLIENT), "zero"]
    desk.write(CLIENT, " ".join(words[:count]))
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        4,
        f"{CLIENT}: there are {count} words, but a card has 20",
        "type all 20 words, in the order of their numbers; one may be missing or there twice",
    )


def test_an_empty_card_file(desk):
    """A file without a word is no card."""
    desk.write(CLIENT, "\n")
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        4, f"{CLIENT}: there is no word here", "type the 20 words of the card, or paste them into the file"
    )


def test_a_picture_of_a_card(desk):
    """A photograph, or the PDF itself, is told from text."""
    (desk.folder / CLIENT).write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        4,
        f"{CLIENT} is not a text file",
        "save it as plain text (UTF-8); a card can be typed too: escrow recover --type-card",
    )


def test_a_card_of_another_client(desk):
    """Each card is judged alone, so the wrong one is named."""
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", "--card", CLIENT, "--card", "practice-successor.txt")
    answer.refuses(
        4,
        "practice-successor.txt: this card is of another client, or of a set that is not known here (known: set 1)",
        "take a kit or a mail that shows the same client and the same set as the card",
    )


def test_a_card_of_the_provider(desk):
    """The provider's own cards open no client's bundle."""
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", "--card", CLIENT, "--card", "provider-1.txt")
    answer.refuses(
        4,
        "provider-1.txt: this is one of the provider's own cards; it opens no client's bundle",
        "take the card that shows the client's name",
    )


def test_a_share_of_something_else(desk):
    """A sound SLIP-39 share that is no card of ours is told from a slip of the pen."""
    ((other,),) = generate_mnemonics(1, [(1, 1)], b"0123456789abcdef")
    desk.write(CLIENT, other)
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        4,
        f"{CLIENT}: these words are in order, but they are no card of escrowd",
        "they belong to another program, perhaps a crypto wallet; take the card that shows the client's name",
    )


def test_a_card_of_a_retired_set(desk):
    """A card of a retired set is named with its date and with the set that is valid (vector)."""
    with desk.unchanged():
        answer = recover(
            desk, "--release", VECTORS / "release.eml", "--card", VECTORS / "cards" / "retired-client.txt"
        )
    answer.refuses(
        4,
        "retired-client.txt: this card is from set 1, retired on 2026-12-01; valid is set 2",
        "look for the newer card, of set 2; or take the older kit, if the release offers one for set 1",
    )


def test_one_card_or_two_of_one_group_do_not_open(desk):
    """Two groups are needed; the same holder's card twice is one (P1)."""
    for cards in (["--card", CLIENT], ["--card", CLIENT, "--card", CLIENT]):
        with desk.unchanged():
            answer = recover(desk, "--kit", "kit-bakery", *cards)
        answer.refuses(
            4,
            "the client's card alone does not open: cards of 2 different holders are needed",
            "add another holder's card with --card FILE, or the mail that was released with --release FILE.eml",
        )


def test_no_card_at_all(desk):
    """A kit alone does not open."""
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery")
    answer.refuses(4, "no card is given", "give one in a file with --card FILE, or type it with --type-card")


def test_a_bundle_cut_short(desk):
    """Half a bundle is named as such, and half of its content is never written (P9)."""
    bundle = desk.folder / "kit-bakery" / "bundle.age"
    bundle.write_bytes(bundle.read_bytes()[:-100])
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        5,
        "a sealed file is damaged or cut short",
        "take another copy: the mail again, another stick, a new download",
    )


def test_a_bundle_of_another_client(desk):
    """The bundle of another client is not opened by these cards, and named."""
    shutil.copy(desk.folder / "kit-practice" / "bundle.age", desk.folder / "kit-bakery")
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        5,
        "bundle.age is sealed for another key: it is of another client, or of another set",
        "take bundle.age and key-N.age from the same kit or mail",
    )


def test_a_key_of_another_client(desk):
    """A key that the manifest does not name is named; with --unverified the cards themselves refuse it."""
    shutil.copy(desk.folder / "kit-practice" / "key-1.age", desk.folder / "kit-bakery")
    with desk.unchanged():
        signed = recover(desk, "--kit", "kit-bakery", *CARDS)
        anyway = recover(desk, "--kit", "kit-bakery", *CARDS, "--unverified")
    signed.refuses(
        5,
        "key-1.age is not the one that was signed",
        f"take key-1.age and manifest.jws from the same kit or mail; {ALL_THE_SAME}",
    )
    anyway.refuses(
        4,
        "the cards fit together, but they do not open this key",
        "take key-N.age from the same kit or mail, N being the set's number on the card",
    )


def test_a_key_of_another_set(desk):
    """The key of another set of the same client is named by its true number (vector)."""
    stick = desk.folder / "stick"
    shutil.copytree(VECTORS / "kit", stick)
    before = sorted(stick.glob("key-*.age"))
    shutil.copy(VECTORS / "key-retired.age", before[-1])
    cards = [
        word
        for holder in ("client", "reserve")
        for word in ("--card", VECTORS / "cards" / f"meier-{holder}.txt")
    ]
    with desk.unchanged():
        answer = recover(desk, "--kit", "stick", *cards)
    answer.refuses(
        5,
        f"{before[-1].name} is not the one that was signed",
        f"take {before[-1].name} and manifest.jws from the same kit or mail; {ALL_THE_SAME}",
    )


def test_a_missing_key(desk):
    """The file that is missing is named, and where it lies."""
    (desk.folder / "kit-bakery" / "key-1.age").unlink()
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        8,
        "key-1.age, which belongs to these cards, is missing",
        "it lies in the kit and is attached to the mail; give it with --key FILE",
    )


def test_a_manifest_with_a_flipped_bit(desk):
    """A changed signature is found; the way in stays open, loudly (P7)."""
    path = desk.folder / "kit-bakery" / "manifest.jws"
    text = path.read_text()
    head, body, signature = text.strip().split(".")
    flipped = ("A" if signature[9] != "A" else "B").join((signature[:9], signature[10:]))
    path.write_text(f"{head}.{body}.{flipped}")
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        5,
        "manifest.jws was changed or damaged: its signature does not fit",
        f"take another copy from the kit or the mail; {ALL_THE_SAME}",
    )
    anyway = recover(desk, "--kit", "kit-bakery", *CARDS, "--unverified")
    assert anyway.code == 0
    assert anyway.err.count("WARNING") == 3


def test_a_missing_manifest(desk):
    """Without a manifest nothing says who sealed it; it opens when that is wanted (P7)."""
    (desk.folder / "kit-bakery" / "manifest.jws").unlink()
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", *CARDS)
    answer.refuses(
        5,
        "there is no manifest.jws, so nothing proves who sealed this",
        f"give it with --manifest FILE from the kit or the mail; {ALL_THE_SAME}",
    )
    assert recover(desk, "--kit", "kit-bakery", *CARDS, "--unverified").code == 0


def test_a_manifest_of_another_provider(desk):
    """The fingerprint printed on the card, given with --root, finds a foreign manifest."""
    other = "abcd efgh ijkl mnop qrst uvwx yz23 4567"
    mine = recover(desk, "--kit", "kit-bakery", *CARDS, "--root", other)
    own = desk.escrow("node", "list", "--json").json()
    assert own
    assert mine.code == 5
    assert mine.out == ""
    error, hint = mine.err.splitlines()
    assert error.startswith("escrow: error: this was signed by ")
    assert error.endswith(f", not by {other}")
    assert hint == f"hint: compare the fingerprint with the one on the card; {ALL_THE_SAME}"
    assert not (desk.folder / "opened").exists()


def test_the_folder_for_the_content_must_be_empty(desk):
    """What is there is never mixed with what is written."""
    with desk.unchanged():
        answer = desk.escrow("recover", "--kit", "kit-bakery", *CARDS, "-o", "kit-practice")
    answer.refuses(7, "kit-practice is not empty", "name a new folder")
    with desk.unchanged():
        answer = desk.escrow("recover", "--kit", "kit-bakery", *CARDS, "-o", "passphrase")
    answer.refuses(3, "passphrase is no folder", "name a new folder")


def test_a_folder_without_a_kit(desk):
    """A wrong folder, an empty one and none are told apart."""
    (desk.folder / "empty").mkdir()
    with desk.unchanged():
        nothing = recover(desk, "--kit", "empty", *CARDS)
        absent = recover(desk, "--kit", "nowhere", *CARDS)
        file = recover(desk, "--kit", "passphrase", *CARDS)
        none = recover(desk, *CARDS)
    nothing.refuses(
        3,
        "neither bundle.age nor a key lies in empty",
        "look into the folders below it; give the one that holds bundle.age",
    )
    hint = "give the folder that holds bundle.age, for example --kit /media/stick; unpack a ZIP first"
    absent.refuses(8, "there is no folder nowhere", hint)
    file.refuses(8, "there is no folder passphrase", hint)
    none.refuses(
        3,
        "there is no bundle.age to open",
        "give the folder that holds it with --kit DIR, or the file with --bundle FILE; a big one is a link in "
        "the mail: download it there",
    )


def test_a_mail_that_is_no_release(desk):
    """A reminder, a photo, or the covering mail of a forward holds nothing to open."""
    desk.write("mail.eml", "Subject: hello\n\nIt rains.\n")
    with desk.unchanged():
        answer = recover(desk, "--release", "mail.eml", "--card", CLIENT)
    answer.refuses(
        3,
        "mail.eml holds no part of a release",
        "save the mail itself with its attachments (Save as…, Show original) and give that file; or give the "
        "attachments with --kit DIR",
    )


def test_two_different_kits(desk):
    """Which of two bundles is meant is not guessed where no signature says it."""
    (desk.folder / "kit-bakery" / "manifest.jws").unlink()
    with desk.unchanged():
        answer = recover(desk, "--kit", "kit-bakery", "--bundle", "kit-practice/bundle.age", *CARDS)
    assert answer.code == 3
    assert (
        "error: two different bundles are given, and no manifest says which is the newer one\n" in answer.err
    )
    assert "hint: give one of them: the mail's, the kit's, or --bundle FILE; " in answer.err


def test_a_card_is_typed_at_a_terminal(desk):
    """Without a terminal there is nothing to type at, and standard input is not taken for one."""
    with desk.unchanged():
        answer = desk.escrow(
            "recover", "--kit", "kit-bakery", "--type-card", "-o", "opened", stdin="academic\n"
        )
    answer.refuses(
        9,
        "there is no terminal to type at",
        "call it at a terminal; where it need not be typed, --passphrase-file FILE or --passphrase-stdin will do",
    )


def test_a_broken_stick_is_found_out_without_a_card(desk):
    """A check names the first file that is missing or damaged; its exit code is that of the error."""
    stick = desk.folder / "kit-bakery"
    bundle = stick / "bundle.age"
    bundle.write_bytes(bundle.read_bytes()[:-1])
    with desk.unchanged():
        damaged = desk.escrow("kit", "check", "kit-bakery")
    says = "bundle.age is not the one that the provider signed: damaged, cut short, or of another kit"
    hint = "copy it again from another kit or from the mail, or write a new kit: escrow kit ID -o DIR"
    assert damaged.code == 5
    assert damaged.out.splitlines()[-1] == says
    assert damaged.err == f"escrow: error: {says}\nhint: {hint}\n"
    (stick / "key-1.age").unlink()
    missing = desk.escrow("kit", "check", "kit-bakery")
    assert "key-1.age is missing" in missing.out
    (stick / "manifest.jws").write_text("nonsense")
    unproved = desk.escrow("kit", "check", "kit-bakery")
    assert unproved.code == 5
    assert "manifest.jws is damaged, so nothing proves who sealed this" in unproved.out
    nowhere = desk.escrow("kit", "check", "nowhere")
    nowhere.refuses(
        8,
        "there is no folder nowhere",
        "give the folder that holds bundle.age, for example --kit /media/stick; unpack a ZIP first",
    )
