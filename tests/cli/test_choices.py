"""The choices that the command line offers are those that the models take; help must not import the models."""

from typing import get_args

import click
import pytest

from escrowd.core.bundle import model
from escrowd.core.terms import Profile, Role
from escrowd_cli import options
from escrowd_cli.escrow import contact_cmd, decision_cmd, entry_cmd


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        (entry_cmd.KINDS, model.Kind),
        (entry_cmd.FACTORS, model.SecondFactorKind),
        (decision_cmd.STATUS, model.DecisionStatus),
        (contact_cmd.KINDS, model.ContactKind),
        (options.LANGUAGE, model.Language),
        (options.PROFILE, Profile),
        (options.ROLE, Role),
    ],
)
def test_each_choice_is_one_that_the_model_takes(offered: click.Choice[str], taken: object):
    """A choice that the model refuses, or one that it takes and nobody can choose, would be a trap."""
    assert tuple(offered.choices) == get_args(taken)
