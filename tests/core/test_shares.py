"""Cards and share sets: reading, splitting, combining, judging."""

import pickle
import re
import secrets
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic.share import Share
from shamir_mnemonic.wordlist import WORDLIST

from escrowd.core import seal
from escrowd.core.keys import ProviderKey, share_proof_key
from escrowd.core.shares import (
    CLIENT_LAYOUT,
    GROUPS,
    PROVIDER_LAYOUT,
    GroupDescription,
    GroupLayout,
    KnownSets,
    RetiredSet,
    SetDescription,
    choose_set,
    combine,
    combine_all,
    find_cards,
    judge_card,
    make_provider_cards,
    make_set,
    minimal_combinations,
    new_identifier,
    open_key,
    open_key_with,
    open_provider_key,
    parse_card,
    parse_cards,
    read_words,
    sets,
    split,
)
from escrowd.core.shares.cards import to_share
from escrowd.errors import CardError, ConflictError, EscrowdError, InputError, IntegrityError

SET = make_set(4711)
OTHER = make_set(815)
CARDS = {name: parse_card(texts[0]) for name, texts in SET.shares.items()}
OTHERS = {name: parse_card(texts[0]) for name, texts in OTHER.shares.items()}
WIDE_LAYOUT = (
    GroupLayout("nodes", 2, 3),
    GroupLayout("client", 2, 3),
    GroupLayout("successor"),
    GroupLayout("reserve"),
)
WIDE = make_set(99, WIDE_LAYOUT)
WIDE_CARDS = {name: [parse_card(text) for text in texts] for name, texts in WIDE.shares.items()}


MISREAD = {"card.checksum", "card.word-wrong", "card.words-swapped"}


def describe(number: int, made, layout=CLIENT_LAYOUT) -> SetDescription:
    groups = (GroupDescription(g.name, g.threshold, g.count, made.proof_keys[g.name]) for g in layout)
    return SetDescription(number, made.identifier, tuple(groups))


def share(group: int, *, members: tuple[int, int] = (0, 1), value: bytes = bytes(16), **other) -> str:
    """The words of a sound share with any fields; by default one of a client's set 4711."""
    fields = {"identifier": 4711, "extendable": False, "iteration_exponent": 0, "group_threshold": 2}
    index, threshold = members
    return Share(
        **{**fields, "group_count": 4, **other},
        group_index=group,
        index=index,
        member_threshold=threshold,
        value=value,
    ).mnemonic()


def failure(call, *args, **kwargs) -> EscrowdError:
    with pytest.raises(EscrowdError) as caught:
        call(*args, **kwargs)
    return caught.value


# Reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", GROUPS)
def test_a_card_has_twenty_words_and_the_fields_of_its_set(group: str):
    """Each card of a set has 20 words, its group's index, threshold 2 of 4, and is not extendable."""
    card = CARDS[group]
    assert len(card.words) == 20
    assert (card.group, card.kind, card.identifier) == (group, "client", 4711)
    assert (card.group_threshold, card.group_count, card.member_index, card.member_threshold) == (2, 4, 0, 1)
    parsed = Share.from_mnemonic(card.mnemonic)
    assert parsed == to_share(card)
    assert not parsed.extendable
    assert parsed.iteration_exponent == 0


@st.composite
def typed(draw, words):
    """The same words as somebody may type them: case, beginnings, white space, numbers, punctuation."""
    parts = []
    numbering = draw(st.sampled_from(["", "{}. ", "{}) ", "({}) ", "{}: ", "{:02d} ", "{}.\t"]))
    for number, word in enumerate(words, start=1):
        part = word[: draw(st.integers(4, 8))]
        part = draw(st.sampled_from([part, part.upper(), part.title()]))
        gap = draw(st.sampled_from([" ", "\n", "\r\n", "\t", "  ", ", ", "\u00a0", " \n> ", "; ", "\u200b "]))
        parts.append(numbering.format(number) + part + gap)
    return draw(st.sampled_from(["", "\ufeff", "\n\n", "* "])) + "".join(parts)


@settings(max_examples=200)
@given(typed(CARDS["client"].words))
def test_a_card_is_read_as_people_type_it(text: str):
    """Any case, white space, numbering and beginnings of four letters give the same card (P9)."""
    assert parse_card(text) == CARDS["client"]


def test_four_letters_tell_every_word():
    """Each word of the list is found by its first four letters and by the whole, and by nothing between that differs."""
    for word in WORDLIST:
        assert read_words(word[:4]) == read_words(word) == (word,)
        assert failure(read_words, word[:3]).code == "card.word-unknown"
        assert failure(read_words, word + "x").code == "card.word-unknown"


def test_an_unknown_word_is_named_by_its_position_only():
    """A wrong word is error ``card.word-unknown`` with its position; the word itself appears nowhere (P9, P10)."""
    words = list(CARDS["client"].words)
    words[6] = "passwort"
    error = failure(parse_card, " ".join(words))
    assert (error.code, error.fields) == ("card.word-unknown", {"position": 7})
    assert "passwort" not in repr(error) + str(error)


@given(st.text(max_size=200))
def test_any_text_is_a_card_or_an_error_of_ours(text: str):
    """Whatever is pasted, the answer is a card or a ``CardError`` (P9)."""
    with pytest.raises(CardError):
        parse_card(text)


@given(st.lists(st.sampled_from(WORDLIST), min_size=1, max_size=45))
def test_any_words_of_the_list_are_a_card_or_an_error_of_ours(words):
    """Twenty random words of the list are not taken for a card: the checksum has 30 bits (P9)."""
    assert failure(parse_card, " ".join(words)).code in {*MISREAD, "card.word-count", "card.foreign"}


@pytest.mark.parametrize("count", [1, 3, 4, 19, 21, 33, 40, 100])
def test_another_number_of_words_is_named(count: int):
    """19 words, 21, or a paste of two cards where one belongs: the error says how many there are (P9)."""
    words = (list(CARDS["client"].words) * 5)[:count]
    error = failure(parse_card, " ".join(words))
    assert (error.code, error.fields) == ("card.word-count", {"words": count, "expected": 20})


def test_nothing_and_too_much():
    """An empty paste and a book have their own errors."""
    assert failure(parse_card, " \n 1. 2. 3.").code == "card.empty"
    assert failure(parse_card, "academic " * 20_000).code == "card.too-long"


@settings(max_examples=150)
@given(st.integers(0, 19), st.sampled_from(WORDLIST))
def test_one_wrong_word_is_located(at: int, word: str):
    """Any single wrong but listed word is refused, and the position told is the right one (P9)."""
    words = list(CARDS["client"].words)
    if words[at] == word:
        return
    words[at] = word
    error = failure(parse_card, " ".join(words))
    assert (error.code, error.fields) == ("card.word-wrong", {"position": at + 1})


@given(st.integers(0, 18))
def test_swapped_neighbours_are_located(at: int):
    """Two neighbours that changed places are refused, and told as such (P9)."""
    words = list(CARDS["client"].words)
    if words[at] == words[at + 1]:
        return
    words[at], words[at + 1] = words[at + 1], words[at]
    error = failure(parse_card, " ".join(words))
    assert (error.code, error.fields) == ("card.words-swapped", {"position": at + 1, "next": at + 2})


@given(st.permutations(CARDS["client"].words), st.permutations(range(20)))
def test_any_other_order_is_refused(words, order):
    """Words in another order are no card: reading by columns instead of lines never gives a secret (P9)."""
    if tuple(words) != CARDS["client"].words:
        assert failure(parse_card, " ".join(words)).code in MISREAD
    words = [CARDS["client"].words[at] for at in order]
    if tuple(words) != CARDS["client"].words:
        assert failure(parse_card, " ".join(words)).code in MISREAD


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 19), st.sampled_from(WORDLIST)), min_size=1, max_size=6))
def test_wrong_words_never_give_a_wrong_secret(changes):
    """Whatever words of a card are exchanged, it is refused, or it is the card that it was (P9)."""
    words = list(CARDS["client"].words)
    for at, word in changes:
        words[at] = word
    try:
        card = parse_card(" ".join(words))
    except CardError:
        return
    assert card == CARDS["client"]


@pytest.mark.parametrize(
    ("words", "feature"),
    [
        (share(0, extendable=True), "extendable"),
        (share(0, iteration_exponent=1), "exponent"),
        (share(0, group_threshold=1), "layout"),
        (share(0, group_count=3), "layout"),
        (share(5), "layout"),
        (share(0, group_threshold=1, group_count=1), "layout"),
        (share(0, group_threshold=1, group_count=1, members=(0, 3)), "layout"),
        (share(1, group_threshold=1, group_count=1, members=(0, 2)), "layout"),
        (share(0, value=bytes(32)), "length"),
    ],
)
def test_a_share_of_something_else_is_named(words: str, feature: str):
    """A sound SLIP-39 share that escrowd never made (a wallet's seed, say) is told as that, with the reason (P9)."""
    error = failure(parse_card, words)
    assert (error.code, error.fields) == ("card.foreign", {"feature": feature})


def test_two_cards_in_one_text():
    """Forty words are two cards for who asks for several."""
    both = [CARDS["client"], CARDS["reserve"]]
    assert parse_cards("\n\n".join(card.mnemonic for card in both)) == tuple(both)
    assert failure(parse_cards, CARDS["client"].mnemonic + " academic").code == "card.word-count"


def test_cards_are_found_in_prose():
    """Twenty words in a letter, numbered and quoted, are found once; the prose around them is not."""
    card = CARDS["nodes"]
    grid = "\n".join(f"> {n:2}. {word}" for n, word in enumerate(card.words, 1))
    letter = (
        f"Dear client, the academic words:\n\n{grid}\n\nsincerely, the node. Again: {card.mnemonic.upper()}"
    )
    assert find_cards(letter) == (card,)
    assert find_cards("academic " * 200) == ()
    assert find_cards("nothing") == ()


def test_no_word_shows():
    """A card, a set and provider's cards have no word and no secret in their ``repr`` (P10)."""
    provider = make_provider_cards(ProviderKey.generate(), 7)
    # Some labels ("member") are words of the list; they stand in every repr.
    labels = set(re.findall(r"[a-z]+", repr([OTHERS, OTHER])))
    shown = repr([CARDS, SET, provider])
    for text in (SET.shares["client"][0], provider.mnemonics[0]):
        assert not set(text.split()) & set(re.findall(r"[a-z]{4,}", shown)) - labels
    assert repr(SET.key_file) not in shown


# Splitting and combining -----------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=16, max_size=16), st.integers(0, 2**15 - 1), st.data())
def test_any_two_groups_give_the_secret(secret: bytes, identifier: int, data):
    """Cards of any two groups combine to the secret that was split, in any order, with surplus cards (P6)."""
    cards = [parse_card(texts[0]) for texts in split(secret, identifier, CLIENT_LAYOUT).values()]
    chosen = data.draw(st.permutations(cards))[: data.draw(st.integers(2, 4))]
    assert combine(chosen) == secret
    assert {card.identifier for card in cards} == {identifier}


@pytest.mark.parametrize("pair", list(combinations(GROUPS, 2)), ids="+".join)
def test_each_pair_opens_the_key(pair):
    """Each two of the four groups open ``key-N.age`` to the identity whose recipient the set states (P5, P6)."""
    identity = open_key_with([CARDS[name] for name in pair], SET.key_file)
    assert identity.recipient == SET.recipient


def test_one_card_alone_opens_nothing():
    """One card, the same card twice, or two members of an unfinished group do not combine (P1)."""
    one = CARDS["client"]
    for cards in ([one], [one, one], [one, parse_card(one.mnemonic.upper())]):
        error = failure(combine, cards)
        assert (error.code, error.fields) == (
            "card.same-group",
            {"group": "client", "groups": 1, "needed": 2},
        )
    wide = WIDE_CARDS["client"]
    assert failure(combine, wide).code == "card.same-group"
    error = failure(combine, [wide[0], WIDE_CARDS["reserve"][0]])
    assert (error.code, error.fields) == (
        "card.group-incomplete",
        {"group": "client", "have": 1, "needed": 2},
    )
    assert failure(combine, []).code == "card.none"


def test_every_choice_of_members_counts():
    """With groups of 2 of 3, each minimal choice is tried once: here 3*3 + 2*(3 + 3) + 1."""
    cards = [card for own in WIDE_CARDS.values() for card in own]
    choices = list(minimal_combinations(cards))
    assert len(choices) == len(set(choices)) == 22
    assert {combine(choice) for choice in choices} == {combine(cards)}
    assert list(minimal_combinations(cards + cards)) == choices
    assert list(minimal_combinations([])) == []


def test_a_wrong_surplus_card_does_no_harm():
    """A forged third card spoils only the choices that it is in (not by chance, as with a library's recovery state)."""
    forged = parse_card(share(3, value=secrets.token_bytes(16)))
    found = combine_all([forged, CARDS["client"], CARDS["successor"]])
    assert [chosen for _secret, chosen in found] == [(CARDS["client"], CARDS["successor"])]
    assert failure(combine_all, [forged, CARDS["client"]]).code == "card.digest"


def test_a_key_tells_the_right_secret_of_two():
    """If forged cards combine to a secret of their own, the one that opens the key counts (P9)."""
    secret = secrets.token_bytes(16)
    forged = [parse_card(texts[0]) for texts in split(secret, 4711, CLIENT_LAYOUT).values()]
    cards = [forged[0], CARDS["client"], CARDS["successor"], forged[3]]
    assert len(combine_all(cards)) == 2
    assert failure(combine, cards).code == "card.digest"
    assert open_key_with(cards, SET.key_file).recipient == SET.recipient


def test_cards_that_cannot_be_of_one_set_are_told_apart():
    """Different sets, two cards for one place, and groups split in two ways each have their own error (P9)."""
    assert failure(combine, [CARDS["client"], OTHERS["reserve"]]).code == "card.different-sets"
    provider = make_provider_cards(ProviderKey.generate(), 4711)
    assert (
        failure(combine, [CARDS["client"], parse_card(provider.mnemonics[0])]).code == "card.different-sets"
    )
    again = parse_card(share(1))
    error = failure(combine, [CARDS["client"], again, CARDS["reserve"]])
    assert (error.code, error.fields) == ("card.same-place", {"group": "client", "member": 1})
    other = parse_card(share(1, members=(1, 2)))
    assert failure(combine, [CARDS["client"], other]).code == "card.member-threshold"


def test_a_key_of_another_set_is_named():
    """Good cards on another set's key: the key is wrong, not the cards; a damaged key is damaged (P9)."""
    pair = [CARDS["client"], CARDS["reserve"]]
    assert failure(open_key_with, pair, OTHER.key_file).code == "card.key-mismatch"
    assert failure(open_key_with, pair, SET.key_file[:-1]).code == "age.damaged"
    assert failure(open_key_with, pair, b"nothing").code == "age.not-age"
    assert failure(open_key, SET.key_file, bytes(16)).code == "card.key-mismatch"
    sealed = seal.seal_bytes(b"x", [SET.recipient])
    assert failure(open_key_with, pair, sealed).code == "age.not-passphrase"


def test_key_file_has_the_published_form():
    """``key-N.age``: work factor 10, the passphrase is the secret in lower-case hex, inside one identity line (P5)."""
    secret = combine([CARDS["client"], CARDS["reserve"]])
    assert SET.key_file.split(b"\n")[1].endswith(b" 10")
    inside = seal.unseal_passphrase(SET.key_file, secret.hex())
    assert inside == open_key(SET.key_file, secret).to_file()
    assert failure(seal.unseal_passphrase, SET.key_file, secret.hex().upper()).code == "age.wrong-passphrase"


def test_a_new_set_shares_nothing_with_the_old():
    """A new set is a new secret, identity and key, even under the same identifier."""
    again = make_set(4711)
    assert again.recipient != SET.recipient
    assert not set(again.shares.values()) & set(SET.shares.values())
    assert failure(combine, [CARDS["client"], parse_card(again.shares["reserve"][0])]).code == "card.digest"


def test_a_set_travels_through_a_pipe():
    """A set can be pickled: it is made in a child process."""
    assert pickle.loads(pickle.dumps(SET)) == SET  # noqa: S301 — our own bytes


def test_a_set_that_does_not_prove_itself_is_not_made():
    """One share of another splitting, or a key sealed to another secret, fails the proof of the whole set."""
    cards = list(CARDS.values())
    assert len(sets._prove(cards, SET.key_file)) == 6
    stranger = parse_card(make_set(4711).shares["reserve"][0])
    for wrong_cards, key_file in (([*cards[:3], stranger], SET.key_file), (cards, OTHER.key_file), ([], b"")):
        assert failure(sets._prove, wrong_cards, key_file).code == "share.proof-failed"


@pytest.mark.parametrize("bad", [(16, 40_000), (15, 1), (16, -1)])
def test_split_bounds(bad):
    """Secrets of another size and identifiers beyond 15 bits are refused."""
    size, identifier = bad
    assert isinstance(failure(split, bytes(size), identifier, CLIENT_LAYOUT), InputError)


@pytest.mark.parametrize(("threshold", "count"), [(0, 1), (1, 2), (3, 2), (2, 17)])
def test_layout_bounds(threshold: int, count: int):
    """SLIP-39 allows a member threshold of 1 only for a group of one, and 16 members."""
    layout = (*CLIENT_LAYOUT[:3], GroupLayout("reserve", threshold, count))
    assert failure(split, bytes(16), 1, layout).code == "share.layout"


def test_identifiers_are_unique():
    """A new identifier is never one that is taken; when all are, that is said."""
    free = 12_345
    assert new_identifier(set(range(2**15)) - {free}) == free
    assert isinstance(failure(new_identifier, set(range(2**15))), ConflictError)


def test_provider_cards_open_two_of_three():
    """Each two of the provider's three cards open the root key; one does not; a client's card is named (P9)."""
    key = ProviderKey.generate()
    made = make_provider_cards(key, 1234)
    cards = [parse_card(text) for text in made.mnemonics]
    assert [card.proof_key for card in cards] == list(made.proof_keys)
    for pair in combinations(cards, 2):
        assert open_provider_key(pair, made.key_file) == key
    assert open_provider_key(cards, made.key_file) == key
    error = failure(open_provider_key, cards[:1], made.key_file)
    assert (error.code, error.fields) == (
        "card.group-incomplete",
        {"group": "provider", "have": 1, "needed": 2},
    )
    assert failure(open_provider_key, [cards[0], CARDS["client"]], made.key_file).code == "card.not-provider"
    assert cards[0].kind == cards[0].group == PROVIDER_LAYOUT[0].name


# Judging -----------------------------------------------------------------------------------------------------------

KNOWN = KnownSets((describe(2, SET),), (RetiredSet(1, 815, 1_767_225_600),))


def test_a_right_card_is_told_its_set():
    """A card of each group is known by its identifier and proof key alone, before anything is combined."""
    for card in CARDS.values():
        assert judge_card(card, KNOWN).number == 2


def test_a_wrong_card_is_named_before_anything_is_combined():
    """Retired set, other client, provider's card, card never issued: one error each, with what is valid (P9)."""
    error = failure(judge_card, OTHERS["client"], KNOWN)
    assert (error.code, error.fields) == ("card.retired", {"set": 1, "on": "2026-01-01", "valid": "2"})
    error = failure(judge_card, WIDE_CARDS["client"][0], KNOWN)
    assert (error.code, error.fields) == ("card.other-client", {"valid": "2"})
    provider = make_provider_cards(ProviderKey.generate(), 4711)
    assert failure(judge_card, parse_card(provider.mnemonics[0]), KNOWN).code == "card.provider"
    again = parse_card(make_set(4711).shares["client"][0])
    error = failure(judge_card, again, KNOWN)
    assert (error.code, error.fields) == ("card.not-issued", {"group": "client", "set": 2})
    wide = parse_card(make_set(4711, WIDE_LAYOUT).shares["client"][0])
    error = failure(judge_card, wide, KNOWN)
    assert (error.code, error.fields) == ("card.other-split", {"group": "client", "set": 2})
    assert failure(choose_set, [CARDS["client"], again], KNOWN).fields["card"] == 2


def test_the_newest_set_that_the_cards_suffice_for_is_chosen():
    """While set 2 is unproved a holder has a card of set 1 only, and the release brings shares of both (P7)."""
    known = KnownSets((describe(1, OTHER), describe(2, SET)))
    released = [CARDS["nodes"], OTHERS["nodes"]]
    assert choose_set([*released, OTHERS["client"]], known)[0].number == 1
    assert choose_set([*released, CARDS["client"]], known)[0].number == 2
    assert choose_set([*released, OTHERS["client"], CARDS["client"]], known)[0].number == 2
    assert choose_set(released, known)[0].number == 2
    own, cards = choose_set([CARDS["nodes"], CARDS["nodes"], OTHERS["nodes"]], known)
    assert failure(combine, cards).code == "card.same-group"
    assert own.number == 2
    assert failure(choose_set, [], known).code == "card.none"


def test_a_nodes_card_of_no_live_set_is_surplus_where_it_is_not_needed():
    """A release carries the node's words of a kept set, too: they are left aside, a holder's card never (P7)."""
    known = KnownSets((describe(2, SET),), (RetiredSet(1, OTHER.identifier, 1_767_225_600),))
    unknown = KnownSets((describe(2, SET),))
    for about in (known, unknown):
        own, cards = choose_set([OTHERS["nodes"], CARDS["nodes"], CARDS["client"]], about)
        assert (own.number, cards) == (2, (CARDS["nodes"], CARDS["client"]))
        assert choose_set([CARDS["client"], CARDS["reserve"], OTHERS["nodes"]], about)[0].number == 2
        assert choose_set([OTHERS["nodes"], CARDS["nodes"]], about)[1] == (CARDS["nodes"],)
    error = failure(choose_set, [OTHERS["nodes"], CARDS["nodes"], OTHERS["client"]], known)
    assert (error.code, error.fields["card"]) == ("card.retired", 3)
    error = failure(choose_set, [CARDS["client"], OTHERS["nodes"]], known)
    assert (error.code, error.fields["card"]) == ("card.retired", 2)
    assert failure(choose_set, [CARDS["client"], OTHERS["nodes"]], unknown).code == "card.other-client"
    assert failure(choose_set, [OTHERS["nodes"]], known).code == "card.retired"


def test_the_proof_key_is_that_of_the_full_words():
    """The share-proof key comes from the expanded words, however the card was typed."""
    card = CARDS["reserve"]
    short = parse_card(" ".join(word[:4].upper() for word in card.words))
    assert short.proof_key == share_proof_key(card.words).public == SET.proof_keys["reserve"][0]
    assert isinstance(failure(judge_card, short, KnownSets(())), CardError)
    assert not isinstance(failure(judge_card, short, KnownSets(())), IntegrityError)
