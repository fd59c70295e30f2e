"""Which step of a first evening comes next: a rule about what is done and what was put off, and nothing else."""

from itertools import chain, combinations

from escrowd.provider.actions.setup import NEEDS, STEPS, Evening, next_step, waits_for


def subsets(steps):
    return map(frozenset, chain.from_iterable(combinations(steps, size) for size in range(len(steps) + 1)))


def play(put_off=frozenset()):
    """All steps in the order in which they come, each done when it comes."""
    done, came = frozenset(), []
    while step := next_step(Evening(done), put_off):
        came.append(step)
        done |= {step}
    return came


def test_without_putting_off_every_step_comes_in_order():
    """From nothing to the kit, each step once."""
    assert play() == list(STEPS)


def test_a_step_comes_only_when_what_it_needs_is_done():
    """Whatever is done and put off: the next step is neither, waits for nothing, and no earlier one could come."""
    for done in subsets(STEPS):
        for put_off in map(frozenset, ((), ("node",), ("successor", "vault"), ("cards",))):
            evening = Evening(done)
            step = next_step(evening, put_off)
            ready = [one for one in STEPS if one not in done | put_off and not waits_for(evening, one)]
            assert step == (ready[0] if ready else None)
            assert step is None or set(NEEDS[step]) <= done


def test_without_a_node_there_are_cards_and_a_kit():
    """A firm without a node, or without a successor, gets as far as it can: all but what hangs on these."""
    assert play({"node"}) == [step for step in STEPS if step not in {"node", "deposit"}]
    assert play({"successor"}) == [step for step in STEPS if step != "successor"]
    assert play({"vault"}) == ["workspace", "node", "client", "people", "successor", "cards"]
