"""Secrets typed at a terminal, and those that only look so."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from escrowd.errors import EscrowdError
from escrowd.machine import secret_input
from escrowd.machine.secret_input import read_secret, runtime_dir

ASK = "from escrowd.machine.secret_input import read_secret; s = read_secret('Passphrase: '); print(repr(s), len(s.value))"
ASK_CATCHING = (
    "from escrowd.machine.secret_input import *\nfrom escrowd.errors import EscrowdError\n"
    "try:\n    s = {}\n    print(repr(s), len(s.value))\nexcept EscrowdError as error:\n    print('ERROR', error)\n"
)


def failure(call, *args, **kwargs) -> EscrowdError:
    with pytest.raises(EscrowdError) as caught:
        call(*args, **kwargs)
    return caught.value


def at_terminal(code: str) -> pexpect.spawn:
    return pexpect.spawn(sys.executable, ["-c", code], timeout=20, encoding="utf-8")


def test_typed_at_the_terminal_is_typed():
    """What is typed at the terminal device counts as typed, is not echoed, and is in no repr (P10)."""
    child = at_terminal(ASK)
    child.expect_exact("Passphrase: ")
    child.waitnoecho()
    child.sendline("grüner Tee")
    child.expect("Secret.presence='typed'. 10")
    assert "Tee" not in child.before
    child.expect(pexpect.EOF)


def test_a_pipe_is_not_a_terminal():
    """With standard input redirected, the terminal is still asked; without a terminal there is an error, no fallback."""
    child = at_terminal(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ASK!r}], input=b'piped\\n')"
    )
    child.expect_exact("Passphrase: ")
    child.waitnoecho()
    child.sendline("typed!")
    child.expect("Secret.presence='typed'. 6")
    child.expect(pexpect.EOF)
    done = subprocess.run(
        [sys.executable, "-c", ASK_CATCHING.format("read_secret('Passphrase: ')")],
        input=b"piped\n",
        capture_output=True,
        start_new_session=True,
        check=True,
    )
    assert done.stdout == b"ERROR terminal.none\n"


def test_a_pipe_that_is_asked_for_is_stored():
    """A passphrase from standard input or a file is ``stored``: it does not prove that somebody is alive."""
    done = subprocess.run(
        [sys.executable, "-c", ASK_CATCHING.format("read_secret('', stdin=True)")],
        input=b"piped\r\nrest\n",
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"Secret(presence='stored') 5\n"


def test_a_file_is_stored(tmp_path: Path):
    """The first line of a file is the secret; an empty, overlong or binary one is refused."""
    path = tmp_path / "secret"
    path.write_text("from a file\nsecond line\n", encoding="utf-8")
    secret = read_secret("", file=path)
    assert (secret.value, secret.presence) == ("from a file", "stored")
    for content, code in ((b"", "secret.empty"), (b"\nx", "secret.empty"), (b"\xff\n", "secret.not-utf8")):
        path.write_bytes(content)
        assert failure(read_secret, "", file=path).code == code
    path.write_bytes(b"x" * 5000)
    assert failure(read_secret, "", file=path).code == "file.too-large"
    assert failure(read_secret, "", file=tmp_path / "none").code == "file.not-found"


def test_too_much_on_standard_input():
    """Standard input is read to a bound only."""
    done = subprocess.run(
        [sys.executable, "-c", ASK_CATCHING.format("read_secret('', stdin=True)")],
        input=b"x" * 10_000,
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"ERROR secret.too-long limit=4096\n"


def test_nothing_typed():
    """An empty line, or the end of file, is ``secret.empty``."""
    for keys in ("\r", "\x04"):
        child = at_terminal(ASK_CATCHING.format("read_secret('Passphrase: ')"))
        child.expect_exact("Passphrase: ")
        child.waitnoecho()
        child.send(keys)
        child.expect("ERROR secret.empty")
        child.expect(pexpect.EOF)


def test_a_card_may_be_typed_over_several_lines():
    """Lines are read until there is enough or an empty one comes; none of them is echoed."""
    ask = ASK_CATCHING.format("read_secret_lines('Card: ', enough=lambda text: len(text.split()) >= 3)")
    for lines, length in ((["one", "two three"], 13), (["one two three"], 13), (["one", ""], 3)):
        child = at_terminal(ask)
        child.expect_exact("Card: ")
        child.waitnoecho()
        for line in lines:
            child.sendline(line)
        child.expect(f"Secret.presence='typed'. {length}")
        assert "one" not in child.before
        child.expect(pexpect.EOF)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_leaves_the_terminal_echoing(number: signal.Signals):
    """A process ended at its prompt by a signal turns the echo on again, and dies of that signal."""
    # The shell keeps the terminal alive and tells its state afterwards.
    shell = pexpect.spawn("/bin/sh", ["-i"], timeout=20, encoding="utf-8", env={**os.environ, "PS1": "$ "})
    shell.expect_exact("$ ")
    shell.sendline(f'{sys.executable} -c "{ASK}"')
    shell.expect_exact("Passphrase: ")
    shell.waitnoecho()
    os.kill(_youngest(shell.pid), number)
    shell.expect_exact("$ ")
    assert "presence='typed'" not in shell.before
    shell.sendline("stty -a")
    shell.expect(r"[ ;](-?echo) ")
    assert shell.match[1] == "echo"
    shell.close(force=True)


def test_a_stopped_prompt_echoes_in_between():
    """Ctrl-Z at the prompt gives the shell an echoing terminal; back in the foreground, the echo is off again."""
    shell = pexpect.spawn("/bin/sh", ["-i"], timeout=20, encoding="utf-8", env={**os.environ, "PS1": "$ "})
    shell.expect_exact("$ ")
    shell.sendline(f'{sys.executable} -c "{ASK}"')
    shell.expect_exact("Passphrase: ")
    shell.waitnoecho()
    shell.send("\x1a")
    shell.expect("[Ss]topped")
    shell.expect_exact("$ ")
    shell.sendline("stty -a")
    shell.expect(r"[ ;](-?echo) ")
    assert shell.match[1] == "echo"
    shell.expect_exact("$ ")
    shell.sendline("fg")
    shell.expect("python")
    shell.waitnoecho()
    shell.sendline("later")
    shell.expect("Secret.presence='typed'. 5")
    shell.close(force=True)


def _youngest(pid: int) -> int:
    while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pid = int(children[-1])
    return pid


def test_typed_ahead_is_thrown_away():
    """Keys typed before the prompt, with the echo on, are not taken for the passphrase."""
    child = at_terminal(f"import time; print('busy', flush=True); time.sleep(0.3); {ASK}")
    child.expect_exact("busy")
    child.sendline("ahead")
    child.expect_exact("Passphrase: ")
    child.waitnoecho()
    child.sendline("meant")
    child.expect("Secret.presence='typed'. 5")
    child.expect(pexpect.EOF)


@pytest.mark.parametrize(("second", "answer"), [("new one", "typed"), ("other", "ERROR secret.mismatch")])
def test_a_new_secret_is_typed_twice(second: str, answer: str):
    """A new passphrase counts only when both times agree."""
    child = at_terminal(ASK_CATCHING.format("read_new_secret('New: ', 'Again: ')"))
    child.expect_exact("New: ")
    child.waitnoecho()
    child.sendline("new one")
    child.expect_exact("Again: ")
    child.waitnoecho()
    child.sendline(second)
    child.expect(answer)
    child.expect(pexpect.EOF)


def test_runtime_dir(tmp_path: Path, monkeypatch):
    """Only an absolute, private folder of this user is a place for readable temporary files (P10)."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    assert runtime_dir() == folder
    folder.chmod(0o750)
    assert failure(runtime_dir).code == "runtime-dir.none"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    assert failure(runtime_dir).code == "runtime-dir.none"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert failure(runtime_dir).code == "runtime-dir.none"


def test_the_keyring_is_an_extra():
    """Without the extra installed, asking the keyring says so."""
    try:
        import keyring  # noqa: F401, PLC0415 — only whether it is there
    except ImportError:
        assert failure(secret_input.read_keyring, "escrow", "x").code == "keyring.not-installed"
    else:
        pytest.skip("keyring is installed")
