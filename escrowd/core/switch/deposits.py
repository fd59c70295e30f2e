"""What the switch knows of deposits: who is in them, when one ends, when its trial is over.

R33  A client has one trial: it begins with the first deposit, and no later deposit, other terms or end and
     new beginning brings it back or makes it longer (P7). It ends by itself (R16) or by the provider's word.
"""

from dataclasses import replace

from escrowd.core.switch.facts import END_NOTICE, SECOND, TRIAL, Deposit, Facts, Moment
from escrowd.errors import NotFoundError


def trial_end(now: Moment) -> int:
    """Awake time at which a trial that begins now ends, for ``Deposit.trial_ends_awake``."""
    return now.awake + TRIAL * SECOND


def set_deposit(facts: Facts, deposit: Deposit) -> Facts:
    """Record a deposit as given, new or changed: its set, its people, its end or none.

    ``trial_ends_awake`` counts for a client who was never in the switch; else the trial stays as it is (R33).
    """
    known = next((d for d in facts.deposits if d.client == deposit.client), None)
    if known is not None:
        deposit = replace(deposit, trial_ends_awake=known.trial_ends_awake)  # R33
    people = {b.person for b in deposit.beneficiaries}
    kept = [d for d in facts.deposits if d.client != deposit.client]
    at = len(kept) if known is None else facts.deposits.index(known)
    return replace(
        facts,
        deposits=(*kept[:at], deposit, *kept[at:]),
        # who is taken out and put in again is announced again (R6)
        notices=tuple(n for n in facts.notices if n.client != deposit.client or n.person in people),
    )


def end_deposit(facts: Facts, now: Moment, client: str) -> Facts:
    """Record that a deposit is to end after its notice (R14). Ordered twice: the first time counts.

    Raises ``NotFoundError`` ``deposit.unknown`` (field ``client``).
    """
    deposit = _live(facts, client)
    if deposit.ends_awake is not None:
        return facts
    return set_deposit(facts, replace(deposit, ends_awake=now.awake + END_NOTICE * SECOND))


def end_trial(facts: Facts, client: str) -> Facts:
    """Record that the provider ends a deposit's trial. It is over already: nothing changes.

    Orders nothing: whoever takes the statement knows what it says, and tells it.

    Raises ``NotFoundError`` ``deposit.unknown`` (field ``client``).
    """
    deposit = _live(facts, client)
    if deposit.trial_ends_awake is None:
        return facts
    deposits = (replace(d, trial_ends_awake=None) if d is deposit else d for d in facts.deposits)
    return replace(facts, deposits=tuple(deposits))


def _live(facts: Facts, client: str) -> Deposit:
    for deposit in facts.deposits:
        if deposit.client == client and not deposit.ended:
            return deposit
    raise NotFoundError("deposit.unknown", client=client)
