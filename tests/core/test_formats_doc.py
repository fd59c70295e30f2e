"""docs/formats.md against the models: what travels is described, and with the numbers that hold."""

import ast
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from escrowd.core import agreement, ledger, manifest, statements, strict, terms, wire
from escrowd.core.seal import KEY_WORK_FACTOR, PASSPHRASE_WORK_FACTOR
from escrowd.core.statements import _jws, invitations, proofs, statement

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
SPANS = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
CODE = set(re.findall(r"[A-Za-z0-9_.+/-]+", " ".join(SPANS)))
MODULES = (agreement, ledger, manifest, statements, statement, invitations, proofs, terms, wire)
MODELS = {
    item
    for module in MODULES
    for item in vars(module).values()
    if isinstance(item, type) and issubclass(item, BaseModel) and item not in (BaseModel, strict.Strict)
}


@pytest.mark.parametrize("model", sorted(MODELS, key=lambda model: model.__name__), ids=lambda m: m.__name__)
def test_every_claim_is_described(model: type[BaseModel]) -> None:
    """Each claim of each document that travels is named in docs/formats.md."""
    names = {field.alias or name for name, field in model.model_fields.items()}
    assert names <= CODE


def test_every_kind_and_type_is_described() -> None:
    """Each kind of signed document and each type of statement is named in docs/formats.md."""
    kinds = {value for name, value in vars(_jws).items() if isinstance(value, str) and value.endswith("+jwt")}
    types = set(statement._MODELS)
    assert len(kinds) == 6
    assert kinds | types <= CODE


@pytest.mark.parametrize(
    "number",
    [
        _jws.MAX_COMPACT,
        wire.MAX_STATEMENT,
        wire.MAX_FILE,
        ledger.MAX_LINE,
    ],
)
def test_limits_are_the_documented_ones(number: int) -> None:
    """Each limit stands in docs/formats.md as it is enforced."""
    assert f"{number:,}" in TEXT


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("interval", terms.INTERVAL),
        ("grace", terms.GRACE),
        ("announce", terms.ANNOUNCE),
        ("grace` + `announce", terms.GRACE_AND_ANNOUNCE),
        ("after", terms.AFTER),
        ("request_wait", terms.REQUEST_WAIT),
        ("delay_max", terms.DELAY_MAX),
    ],
)
def test_bounds_are_the_documented_ones(name: str, bounds: tuple[int, int]) -> None:
    """Each bound of the terms stands in docs/formats.md as it is enforced."""
    low, high = (f"{bound // terms.DAY} d" if bound else "0" for bound in bounds)
    assert f"| `{name}` | {low} | {high} |" in TEXT


def test_work_factors_are_the_documented_ones() -> None:
    """The two work factors of scrypt stand in docs/formats.md."""
    assert f"work factor is {KEY_WORK_FACTOR}" in TEXT
    assert f"work factor {PASSPHRASE_WORK_FACTOR}" in TEXT


def recorded() -> set[str]:
    """Types of ledger entries that the node's source writes by name."""
    names: set[str] = set()
    for path in (Path(ledger.__file__).parents[1] / "node").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "append_ledger",
                "_follow",
                "_note",
            ):
                names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and arg.value}
    return names


def test_every_entry_of_a_ledger_is_described() -> None:
    """Each type of entry that a node writes is named in docs/formats.md."""
    assert {"ordered", "accepted", "released"} <= recorded() <= CODE
