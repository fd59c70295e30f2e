"""What a command imports before it does anything: the part of the wait that is ours."""

import subprocess
import sys

import pytest

#: HTTP, pages and papers: minutes of typing are over before they are needed, if they are.
ONLY_WHEN_USED = {"urllib3", "jinja2", "babel", "segno", "typst", "shamir_mnemonic", "sqlalchemy", "fastapi"}


@pytest.mark.parametrize("action", ["clients", "contents", "reading", "status"])
def test_what_reads_the_workspace_imports_neither_http_nor_papers(action):
    """Commands that list, show or judge what the workspace holds start without HTTP, templates or typesetting."""
    code = f"import sys, escrowd.provider.actions.{action}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in done.stdout.split()} & ONLY_WHEN_USED
