import pytest
from shamir_mnemonic.wordlist import WORDLIST

from escrowd.texts.phrases import WORDS_IN_PHRASE, phrase, phrase_words
from escrowd.texts.render import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_a_phrase_can_be_taken_for_a_word_of_a_card(language):
    """No word begins with the four letters by which SLIP-39 tells its words, nor with those of its neighbour."""
    words = phrase_words(language)
    assert not {word[:4].lower() for word in words} & {word[:4] for word in WORDLIST}
    assert len({word[:4].lower() for word in words}) == len(words)
    assert len(words) >= 128


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_is_three_different_words_chosen_by_the_given_numbers(language):
    """The same numbers give the same phrase, and even the smallest and largest give three different words."""
    for below in (lambda _: 0, lambda n: n - 1, lambda n: n // 2):
        words = phrase(language, below).split(", ")
        assert len(set(words)) == WORDS_IN_PHRASE
        assert set(words) <= set(phrase_words(language))
        assert phrase(language, below) == ", ".join(words)
