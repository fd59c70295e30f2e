"""The rules of the house that a machine can watch: who imports whom, where each library lives, module size."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted([*(ROOT / "escrowd").rglob("*.py"), *(ROOT / "cli").rglob("*.py")])

MAY_IMPORT = {
    "errors": set(),
    "core": {"errors"},
    "texts": {"errors"},
    "machine": {"errors"},
    "paper": {"errors", "core", "machine", "texts"},
    "provider": {"errors", "core", "machine", "texts", "paper"},
    "node": {"errors", "core", "machine", "texts", "paper"},
    "recovery": {"errors", "core", "machine", "texts", "paper"},
    "cli": {"errors", "core", "machine", "texts", "paper", "provider", "node", "recovery"},
}

HOMES = {
    "shamir_mnemonic": ("escrowd/core/shares/",),
    "pyrage": ("escrowd/core/seal.py", "escrowd/core/keys.py"),
    "joserfc": ("escrowd/core/statements",),
    "rfc8785": ("escrowd/core/encoding.py",),
    "cryptography": ("escrowd/core/keys.py", "escrowd/core/seal.py", "escrowd/provider/imports/"),
    "sqlalchemy": ("escrowd/node/store/",),
    "alembic": ("escrowd/node/store/",),
    "aiosmtplib": ("escrowd/node/channels/smtp",),
    "schedule": ("escrowd/node/housekeeping.py",),
    "fastapi": ("escrowd/node/api/", "escrowd/node/pages/"),
    "starlette": ("escrowd/node/api/", "escrowd/node/pages/"),
    "uvicorn": ("escrowd/node/run.py", "escrowd/node/api/connections.py"),
    "urllib3": ("escrowd/provider/node_client", "escrowd/node/hearing.py"),
    "jinja2": ("escrowd/texts/",),
    "babel": ("escrowd/texts/",),
    "typst": ("escrowd/paper/",),
    "segno": ("escrowd/paper/",),
    "click": ("cli/",),
    "rich": ("cli/",),
    "platformdirs": ("escrowd/machine/",),
    "pykeepass": ("escrowd/provider/imports/", "escrowd/provider/exports/", "cli/escrowd_cli/demo/"),
    "python_calamine": ("escrowd/provider/imports/spreadsheet.py",),
    "keyring": ("escrowd/machine/",),
    "aiosmtpd": ("cli/escrowd_cli/demo/",),
}

CORE_MAY_NOT = {
    "time",
    "datetime.datetime.now",
    "os",
    "socket",
    "pathlib",
    "subprocess",
    "tempfile",
    "shutil",
}
RANDOM_IN_CORE = ("core/keys.py", "core/seal.py", "core/shares/")
LONG_FOR_A_REASON: dict[str, str] = {}
"""Module to reason, for those over 400 lines."""


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, wherever in it, relative imports resolved."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def part(module: str) -> str | None:
    """The part of escrowd that a dotted module name belongs to."""
    names = module.split(".")
    if names[0] == "escrowd_cli":
        return "cli"
    return names[1] if names[0] == "escrowd" and len(names) > 1 and names[1] in MAY_IMPORT else None


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_run_downwards(path: Path):
    """A part imports only the parts below it, so the three sides never meet and core stays alone."""
    own = (
        "cli"
        if name(path).startswith("cli/")
        else part(".".join(path.relative_to(ROOT).with_suffix("").parts))
    )
    if own is None:
        return
    wrong = {module for module in imports(path) if part(module) not in {None, own, *MAY_IMPORT[own]}}
    assert not wrong


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_each_outside_library_has_one_home(path: Path):
    """A library that is replaced one day is replaced in one place."""
    for module in imports(path):
        homes = HOMES.get(module.split(".")[0])
        assert homes is None or name(path).startswith(homes), f"{module} does not belong here"


@pytest.mark.parametrize("path", [p for p in MODULES if "escrowd/core/" in p.as_posix()], ids=name)
def test_core_is_pure(path: Path):
    """Core has no clock, file, socket or environment, and draws random numbers only in keys, shares and seal."""
    found = set(imports(path))
    assert not found & CORE_MAY_NOT
    assert "open(" not in {
        f"{n.func.id}(" for n in ast.walk(ast.parse(path.read_text())) if _is_call_by_name(n)
    }
    if not name(path).startswith(tuple(f"escrowd/{home}" for home in RANDOM_IN_CORE)):
        assert not found & {"secrets", "random"}


def _is_call_by_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_stay_short(path: Path):
    """A module of more than 400 lines has a reason on record, or is two modules."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 400 or name(path) in LONG_FOR_A_REASON


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=name)
def test_each_test_states_a_fact(path: Path):
    """A test without a sentence of fact leaves its reader guessing what broke."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert not [f.name for f in functions if f.name.startswith("test_") and not ast.get_docstring(f)]
