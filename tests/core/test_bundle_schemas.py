import copy
import json
import re
import runpy
from pathlib import Path

import pytest

from escrowd.core.bundle import (
    Bundle,
    Contact,
    Decision,
    Document,
    Entry,
    FreeField,
    Money,
    Origin,
    SecondFactor,
    Totp,
    bundle_to_bytes,
    put_entry,
    record,
    remove_entry,
)

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "schema"
TYPES = {
    "string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "null": type(None),
}  # fmt: skip
KNOWN = {
    "$defs", "$ref", "$schema", "additionalProperties", "anyOf", "const", "default", "description", "enum", "items",
    "maxLength", "maximum", "minLength", "minimum", "pattern", "properties", "required", "title", "type",
}  # fmt: skip


def fits(value: object, schema: dict, root: dict) -> bool:  # noqa: PLR0911 — one return a keyword
    """Whether ``value`` fits ``schema``: the keywords of draft 2020-12 that the bundle's schema uses."""
    assert schema.keys() <= KNOWN, schema.keys() - KNOWN
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in schema:
        return any(fits(value, option, root) for option in schema["anyOf"])
    kind = TYPES[schema["type"]] if "type" in schema else object
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return False
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return False
    if isinstance(value, str):
        size = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        return size and re.search(schema.get("pattern", ""), value) is not None
    if kind is int:
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    if isinstance(value, list):
        return all(fits(item, schema["items"], root) for item in value)
    if isinstance(value, dict):
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        return set(schema.get("required", [])) <= value.keys() and all(
            fits(member, properties[name], root)
            if name in properties
            else rest is True or (rest is not False and fits(member, rest, root))
            for name, member in value.items()
        )
    return True


def whole() -> Bundle:
    """A bundle with something in every field, and a history."""
    decision = Decision(
        id="aaaaaaab", date="2026-11-24", status="decided", alternatives=("a",), review="2027-01-01"
    )
    entry = Entry(
        id="aaaaaaaa",
        title="Shop",
        kind="website-login",
        urls=("u",),
        totp=Totp(secret="JBSWY3DP", algorithm="SHA1", digits=6, period=30, encoder="steam"),
        second_factor=SecondFactor(kind="sms", codes=("1",)),
        renewal="2027-03-01",
        cost=Money(amount="12.50", currency="EUR", every="year"),
        fields=(FreeField(name="PIN", value="1", protected=True),),
        group=("Web",),
        decisions=(decision,),
        origin=Origin(source="keepass", key="1", seen={"user": "0"}, missing_since="2026-11-24"),
    )
    empty = Bundle(client="x", name="y", language="de", profile="expert", revision=0, groups=(("Web",),))
    first = record(empty, put_entry(empty, entry), when=1)
    second = record(first, remove_entry(first, entry.id), when=2)
    document = Document(id="aaaaaaac", name="Plan", file="Plan", size=1, sha256="0" * 64, entry="aaaaaaaa")
    contact = Contact(id="aaaaaaad", name="Bank", kind="other")
    other = put_entry(second, entry).model_copy(
        update={"documents": (document,), "contacts": (contact,), "name": "z"}
    )
    return record(second, other, when=3)


def test_the_published_schemas_are_fresh():
    """Each model that travels has its schema under ``docs/schema``, and none has changed without it."""
    wanted = runpy.run_path(str(ROOT / "tools" / "schemas.py"))["schemas"]()
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == wanted


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_each_schema_says_what_it_describes(path: Path):
    """A stranger learns from the file itself which dialect it is in and which document it is about."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == path.stem
    assert schema["description"]


def test_a_bundle_fits_its_published_schema():
    """``bundle.json`` as written is what the published schema describes, history included."""
    schema = json.loads((FOLDER / "escrow-bundle-1.json").read_text(encoding="utf-8"))
    assert fits(json.loads(bundle_to_bytes(whole())), schema, schema)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("schema",), "escrow-bundle/2"),
        (("schema",), None),
        (("revision",), -1),
        (("language",), "fr"),
        (("extra",), 1),
        (("entries", 0, "id"), "AAAAAAAA"),
        (("entries", 0, "kind"), "unknown"),
        (("entries", 0, "cost", "amount"), "12,50"),
        (("entries", 0, "totp", "digits"), 99),
        (("entries", 0, "fields", 0, "protected"), "yes"),
        (("documents", 0, "sha256"), "0"),
        (("history", 0, "when"), "2026"),
    ],
)
def test_what_the_program_refuses_the_schema_refuses(place: tuple[str | int, ...], value: object):
    """The published schema refuses wrong values, types, names and versions too, so that a stranger can rely on it."""
    schema = json.loads((FOLDER / "escrow-bundle-1.json").read_text(encoding="utf-8"))
    bundle = json.loads(bundle_to_bytes(whole()))
    wrong = copy.deepcopy(bundle)
    holder = wrong
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    assert not fits(wrong, schema, schema)
