"""Write ``docs/schema/``: the JSON Schema of each document that travels, generated from the models.

``tools/schemas.py`` writes; ``tools/schemas.py --check`` writes nothing and exits 1 when a file is not fresh.
A test calls ``schemas``, so a model cannot change without its published schema.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from escrowd.core import wire
from escrowd.core.agreement import AgreedFacts
from escrowd.core.bundle import Bundle
from escrowd.core.bundle import model as bundle_model
from escrowd.core.ledger import LedgerEntry
from escrowd.core.manifest import Manifest
from escrowd.core.statements import (
    Appoint,
    Approve,
    Arm,
    Checkin,
    Delay,
    Deposit,
    Drill,
    End,
    Enrol,
    NewTimings,
    Query,
    Receipt,
    Unseal,
)
from escrowd.core.terms import Terms

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schema"

SINGLE: Mapping[str, tuple[type[BaseModel], str]] = {
    "escrow-bundle-1": (Bundle, str(bundle_model.__doc__).strip()),
    "escrow-manifest-1": (Manifest, "the payload of manifest.jws: what a bundle is sealed to"),
    "escrow-receipt-1": (Receipt, "the payload of a node's receipt"),
    "escrow-ledger-1": (LedgerEntry, "one line of an exported ledger"),
    "escrow-people-1": (wire.PeopleFile, "the people file: who the ids in statements are"),
    "escrow-names-1": (wire.NamesFile, "the names of entries that changed since a client's list was printed"),
    "escrow-agreement-1": (AgreedFacts, "what provider and client agreed: what their paper's code is of"),
}
"""File name without ending: model, and what it describes and which rules no schema can say."""

SEVERAL: Mapping[str, tuple[Sequence[type[BaseModel]], str]] = {
    "escrow-statements-1": (
        (
            *(Enrol, Appoint, NewTimings, Terms, Deposit, Checkin, End, Query),
            *(Approve, Delay, Arm, Unseal, Drill),
        ),
        "the bodies of statements, by type; formats.md, section 9, says which type has which",
    ),
    "escrow-http-1": (
        (
            wire.NodeInfo,
            wire.NonceAnswer,
            wire.StatementAnswer,
            wire.Standing,
            wire.ProofRequest,
            wire.ProofAnswer,
            wire.RestoreRequest,
            wire.RestoreAnswer,
            wire.HearingQuestion,
            wire.HearingAnswer,
            wire.ErrorAnswer,
        ),
        "the JSON bodies of a node's HTTP interface",
    ),
}
"""Documents of one family share a file; each stands in ``$defs`` under its name."""


class _Generator(GenerateJsonSchema):
    """Draft 2020-12 without what only Python knows: a title that repeats a field's name says nothing."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 — the base class calls it so
        return False


def schemas() -> dict[str, str]:
    """File name to content of every published schema."""
    found: dict[str, JsonSchemaValue] = {}
    for name, (model, about) in SINGLE.items():
        schema = model.model_json_schema(schema_generator=_Generator, mode="validation")
        found[name] = _headed(name, about, schema)
    for name, (models, about) in SEVERAL.items():
        _, schema = models_json_schema(
            [(model, "validation") for model in models],
            schema_generator=_Generator,
            ref_template="#/$defs/{model}",
        )
        found[name] = _headed(name, about, schema)
    return {
        f"{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in found.items()
    }


def _headed(name: str, about: str, schema: JsonSchemaValue) -> JsonSchemaValue:
    """The schema with its dialect, its name and what it describes in front."""
    rest = {key: value for key, value in schema.items() if key not in {"title", "description"}}
    if "schema" in rest.get("properties", {}):
        # The model knows its own name without being told; a document must say it.
        rest["required"] = ["schema", *(key for key in rest.get("required", []) if key != "schema")]
    described = "\n\n".join(filter(None, [about, schema.get("description")]))
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": name, "description": described, **rest}


def main(check: bool) -> int:  # noqa: FBT001 — one switch
    """Write the files, or name those that differ; the exit code."""
    wanted = schemas()
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    if not check:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in stale:
            if name in wanted:
                (FOLDER / name).write_text(wanted[name], encoding="utf-8")
            else:
                (FOLDER / name).unlink()
    for name in stale:
        sys.stdout.write(f"{'stale' if check else 'written'}: docs/schema/{name}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
