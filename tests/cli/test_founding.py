"""``escrowd init``: a node made by answers or by options, and the files around it."""

import os
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest
from cli.cli_world import BIN

from escrowd_cli.demo.terminal import converse

OPTIONS = {
    "--name": "Node North",
    "--public-url": "https://node.example",
    "--operator": "Mountain Trust",
    "--address": "ops@mountain.example",
    "--smtp-host": "mail.example",
    "--from": "node@mountain.example",
}
GIVEN = [word for pair in OPTIONS.items() for word in pair]


def init(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "escrowd", "init", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def check(folder: Path) -> str:
    done = subprocess.run([BIN / "escrowd", "check", folder], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_answers_make_a_node(tmp_path):
    """Whoever answers at a terminal has a node that `check` finds good; a bad answer is asked again at once."""
    folder = tmp_path / "node"
    answers = [
        ("Name of the node", "Node North"),
        ("Where the world reaches it", "http://node.example"),
        ("Where the world reaches it", "https://node.example"),
        ("Who runs it", "Mountain Trust"),
        ("The operator's mail address", "ops"),
        ("The operator's mail address", "ops@mountain.example"),
        ("The operator's language", "en"),
        ("Mail server", "mail.example"),
        ("How its TLS begins", "implicit"),
        ("Its port", ""),
        ("The address that its mails come from", "node@mountain.example"),
        ("Account at the mail server", "node"),
        ("Until when the server is paid", "next year"),
        ("Until when the server is paid", "2031-12-31"),
        ("Until when the domain is paid", "2030-03-01"),
        ("Until when the mail server is paid", ""),
        ("Password of node at mail.example", "a password of the mail server"),
    ]
    said = converse([str(BIN / "escrowd"), "init", str(folder)], answers, env=os.environ | {"COLUMNS": "160"})
    assert "possible: https://HOST" in said
    assert "next year is no day" in said
    assert "a password of the mail server" not in said
    assert check(folder) == "Node North at https://node.example: the configuration is good\n"
    config = tomllib.loads((folder / "config.toml").read_text())
    assert config["operator"] == {
        "name": "Mountain Trust",
        "address": "ops@mountain.example",
        "language": "en",
    }
    assert config["smtp"] == {
        "host": "mail.example",
        "security": "implicit",
        "from": "node@mountain.example",
        "port": 465,
        "user": "node",
        "password_file": "smtp-password",
    }
    assert {name: str(day) for name, day in config["paid"].items()} == {
        "node": "2031-12-31",
        "domain": "2030-03-01",
    }
    for name in ("config.toml", "node.key", "smtp-password"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert (folder / "smtp-password").read_text() == "a password of the mail server\n"
    assert (
        "\nLoadCredential=smtp-password:/etc/node/smtp-password\n" in (folder / "escrowd.service").read_text()
    )


def test_options_ask_nothing(tmp_path):
    """Without a terminal options say it all; what is missing is named, and what does not do leaves nothing."""
    made = init(tmp_path / "one", *GIVEN)
    assert (made.returncode, made.stdout.splitlines()[2:]) == (
        0,
        [f"unit         {tmp_path}/one/escrowd.service", f"proxy        {tmp_path}/one/Caddyfile"],
    )
    assert f"escrowd doctor {tmp_path}/one --mail-to ops@mountain.example" in made.stderr
    assert "is good" in check(tmp_path / "one")
    lacking = init(tmp_path / "two", *GIVEN[2:-2])
    assert lacking.returncode == 2
    assert "is needed too: --name, --from\n" in lacking.stderr
    wrong = init(tmp_path / "three", *GIVEN, "--paid-node", "soon")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (3, "escrowd: error: soon is no day")
    bad = init(tmp_path / "four", *GIVEN[:2], "--public-url", "http://node.example", *GIVEN[4:])
    assert bad.returncode == 3
    assert [path.name for path in tmp_path.iterdir() if any(path.iterdir())] == ["one"]
    again = init(tmp_path / "one", *GIVEN)
    assert (again.returncode, again.stdout) == (7, "")


def test_a_password_comes_out_of_a_file(tmp_path):
    """The mail server's password may come from a file; without one it is said where to write it."""
    (tmp_path / "given").write_text("pass word\n")
    init(tmp_path / "one", *GIVEN, "--smtp-user", "node", "--smtp-password-file", tmp_path / "given")
    assert (tmp_path / "one" / "smtp-password").read_text() == "pass word\n"
    assert "is good" in check(tmp_path / "one")
    made = init(tmp_path / "two", *GIVEN, "--smtp-user", "node")
    assert made.stderr.startswith(f"Write the mail server's password into {tmp_path}/two/smtp-password")


def test_a_password_needs_an_account(tmp_path):
    """A password without an account is no silent left-over: it is refused, and nothing is made (P10)."""
    (tmp_path / "given").write_text("pass word\n")
    made = init(tmp_path / "one", *GIVEN, "--smtp-password-file", tmp_path / "given")
    assert (made.returncode, made.stdout) == (2, "")
    assert "error: a password needs its account: --smtp-user\n" in made.stderr
    assert not (tmp_path / "one").exists()


def test_what_broke_off_goes_on(tmp_path):
    """A key without a configuration is taken up by the next call, and never overwritten."""
    first = init(tmp_path / "one", *GIVEN)
    key = (tmp_path / "one" / "node.key").read_bytes()
    (tmp_path / "one" / "config.toml").unlink()
    again = init(tmp_path / "one", *GIVEN)
    assert again.stdout == first.stdout
    assert (tmp_path / "one" / "node.key").read_bytes() == key


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may put a key into /etc")
def test_no_other_node_s_key_is_in_the_way(tmp_path):
    """Two folders of one name would share their place in /etc: the second is refused, and no command overwrites."""
    name = f"escrowd-{os.getpid()}"
    made = init(tmp_path / "a" / name, *GIVEN)
    move = next(line.strip() for line in made.stderr.splitlines() if "install -D" in line)
    try:
        subprocess.run(["sh", "-c", move], check=True)
        key = Path("/etc", name, "node.key").read_bytes()
        refused = init(tmp_path / "b" / name, *GIVEN)
        assert (refused.returncode, refused.stdout) == (7, "")
        assert f"there is a node already: /etc/{name}/node.key\n" in refused.stderr
        (tmp_path / "a" / name / "node.key").write_text("another")
        assert subprocess.run(["sh", "-c", move], check=False).returncode == 1
        assert Path("/etc", name, "node.key").read_bytes() == key
    finally:
        shutil.rmtree(Path("/etc", name))


def test_a_node_of_this_machine_needs_no_proxy(tmp_path):
    """A public URL on loopback gets no Caddyfile."""
    made = init(tmp_path / "one", *GIVEN[:2], "--public-url", "http://127.0.0.1:9", *GIVEN[4:])
    assert "proxy " not in made.stdout
    assert not (tmp_path / "one" / "Caddyfile").exists()


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed")
@pytest.mark.parametrize("url", ["https://node.example", "https://node.example:8443/escrow"])
def test_caddy_takes_the_caddyfile(tmp_path, url):
    """Caddy finds nothing wrong with the Caddyfile, forwards to the node, and logs no query (P10)."""
    made = init(tmp_path / "one", *GIVEN[:2], "--public-url", url, *GIVEN[4:])
    assert made.returncode == 0
    caddyfile = tmp_path / "one" / "Caddyfile"
    words = ["caddy", "adapt", "--validate", "--adapter", "caddyfile", "--config", caddyfile]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env=os.environ | {"HOME": str(tmp_path)}
    )
    assert done.returncode == 0, done.stderr
    assert '"dial":"127.0.0.1:8440"' in done.stdout
    assert '"request\\u003euri":{"filter":"regexp"' in done.stdout.replace(">", "\\u003e")
