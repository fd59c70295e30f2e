"""Share sets and cards: SLIP-39 with two levels, as section 3 of the formats describes it.

``words`` reads what people type, ``cards`` one card, ``groups`` splits and combines, ``sets`` makes whole
sets and opens their keys, ``judge`` tells a wrong card before anything is combined.
"""

from escrowd.core.shares.cards import (
    GROUP_THRESHOLD,
    GROUPS,
    Card,
    CardKind,
    find_cards,
    parse_card,
    parse_cards,
)
from escrowd.core.shares.groups import (
    CLIENT_LAYOUT,
    MAX_IDENTIFIER,
    PROVIDER_LAYOUT,
    GroupLayout,
    combine,
    combine_all,
    minimal_combinations,
    new_identifier,
    split,
)
from escrowd.core.shares.judge import (
    GroupDescription,
    KnownSets,
    RetiredSet,
    SetDescription,
    choose_set,
    judge_card,
)
from escrowd.core.shares.sets import (
    NewSet,
    ProviderCards,
    make_provider_cards,
    make_set,
    open_key,
    open_key_with,
    open_provider_key,
)
from escrowd.core.shares.words import CARD_WORDS, read_words

__all__ = [
    "CARD_WORDS",
    "CLIENT_LAYOUT",
    "GROUPS",
    "GROUP_THRESHOLD",
    "MAX_IDENTIFIER",
    "PROVIDER_LAYOUT",
    "Card",
    "CardKind",
    "GroupDescription",
    "GroupLayout",
    "KnownSets",
    "NewSet",
    "ProviderCards",
    "RetiredSet",
    "SetDescription",
    "choose_set",
    "combine",
    "combine_all",
    "find_cards",
    "judge_card",
    "make_provider_cards",
    "make_set",
    "minimal_combinations",
    "new_identifier",
    "open_key",
    "open_key_with",
    "open_provider_key",
    "parse_card",
    "parse_cards",
    "read_words",
    "split",
]
