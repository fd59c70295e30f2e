"""A node that lies to the provider's client: every answer ends in one error, and nothing is written elsewhere."""

import json

import pytest
from provider.test_node_client import server

from escrowd.core.strict import read
from escrowd.core.wire import RestoreAnswer
from escrowd.errors import EscrowdError, InputError
from escrowd.provider.node_client import NodeClient


def told(answer: bytes, status: int = 403) -> EscrowdError:
    with server(nonces=(status, answer)) as (url, _):
        client = NodeClient(url, patient=False)
        with pytest.raises(EscrowdError) as caught:
            client.nonce()
        client.close()
    return caught.value


def test_no_field_of_an_error_breaks_the_client():
    """P9: whatever the fields in a node's error are called, it is an error of ours."""
    assert told(b'{"error":{"code":"x.y","fields":{"self":"me"}}}').code == "x.y"


def test_an_error_with_odd_fields_is_still_one():
    """P9, P10: names that are none, huge texts and escape sequences in a node's error do no harm."""
    fields = {"__class__": "x", "a b": "y", "": "z", "path": "\x1b]0;owned\x07" + "A" * 10_000, "n": 2**52}
    error = told(json.dumps({"error": {"code": "x.y", "fields": fields}}).encode())
    assert set(error.fields) <= {"__class__", "path", "n"}
    assert "\x1b" not in str(error)
    assert len(str(error)) < 1_000


@pytest.mark.parametrize(
    "name", ["../../.bashrc", "key-/../../.bashrc", "/etc/cron.d/x", "key-1.age/x", "key-x\0"]
)
def test_a_restore_names_no_file_outside(name: str):
    """P9: the names of files that a node offers for a restore are those of a deposit, or the answer is none."""
    answer = {
        "provider": "a" * 32,
        "provider_key": "00",
        "workspace": "00",
        "head": {"seq": 0, "hash": "0" * 64},
        "deposits": [
            {"client": "bakery", "revision": 1, "files": {name: {"sha256": "0" * 64, "size": 1}}},
        ],
    }
    with pytest.raises(InputError):
        read(RestoreAnswer, json.dumps(answer), max_bytes=10_000)
