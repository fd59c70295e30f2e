"""The page's core under Node.js, as a thing to ask, and what Python says beside it."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from escrowd.errors import EscrowdError

ROOT = Path(__file__).resolve().parents[2]


class Page:
    """The page's core under Node.js, asked line by line."""

    def __init__(self) -> None:
        command = [sys.executable, str(ROOT / "tools/page.py"), "test", "--serve"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def ask(self, what: str, *arguments: object) -> Any:
        """The value, or an ``EscrowdError``'s code in a ``Refused``."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([what, *arguments]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "broken" not in answer, answer["broken"]
        if "error" in answer:
            code, fields = answer["error"]
            return Refused(code, fields)
        return answer["value"]

    def close(self) -> None:
        self.process.communicate(timeout=30)


class Refused:
    """An error, equal to another with the same code and fields."""

    def __init__(self, code: str, fields: dict[str, object]) -> None:
        self.code = code
        self.fields = fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refused) and (self.code, self.fields) == (other.code, other.fields)

    def __hash__(self) -> int:
        return hash(self.code)

    def __repr__(self) -> str:
        return f"{self.code} {self.fields}"


def here(act: Callable[[], object]) -> Any:
    try:
        return act()
    except EscrowdError as error:
        return Refused(error.code, dict(error.fields))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
