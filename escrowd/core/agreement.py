"""The Notfallvereinbarung as facts, and the code by which paper, terms and page are compared.

1. The code is over what was agreed, never over words, pages or dates: a paper printed again next year, in
   another language or by a later version, has the same code, and other terms have another one.
2. What the parties agree on beside the numbers (data protection, costs, the end) stands in no fact. It has an
   edition: raised when these clauses come to mean something else, not when they are said better.
3. The salt stands in no paper and no statement: the code stays in ledgers, and must not let anybody try out
   names (``docs/decisions/0105-the-code-of-an-agreement.md``).
"""

from hashlib import sha256
from typing import Annotated, Final, Literal

from pydantic import Field

from escrowd.core.encoding import b32, canonical
from escrowd.core.strict import ClientId, Fingerprint, Hex16, Seconds, Strict, Text
from escrowd.core.terms import Profile, Role, Timings

EDITION: Final = 1
"""Rule 2. The clauses stand in ``escrowd/texts/*/agreement.toml``."""
_CODE_BYTES: Final = 20


class AgreedPerson(Strict):
    """Who gets a release, in which role, and how many seconds after the first."""

    name: Text
    role: Role
    after: Seconds


class AgreedNode(Strict):
    """A node, and by name who runs it and whom that person works for."""

    fingerprint: Fingerprint
    operator: Text
    works_for: Text | None = None


class AgreedFacts(Strict):
    """What provider and client agreed. People by name: a paper knows no ids. Durations in seconds.

    ``root``, the provider's fingerprint; ``salt``, the client's (rule 3).
    """

    schema_name: Annotated[Literal["escrow-agreement/1"], Field(alias="schema")] = "escrow-agreement/1"
    salt: Hex16
    edition: Annotated[int, Field(ge=1)] = EDITION
    client: ClientId
    client_name: Text
    provider: Text
    root: Fingerprint
    profile: Profile
    people: tuple[AgreedPerson, ...]
    witnesses: tuple[Text, ...]
    timings: Timings
    request_wait: Seconds
    delay_max: Seconds
    deliver_by: Seconds
    nodes: tuple[AgreedNode, ...]


def agreed_bytes(facts: AgreedFacts) -> bytes:
    """The facts as they are hashed: RFC 8785, members that are null left out."""
    return canonical(facts.model_dump(mode="json", by_alias=True, exclude_none=True))


def code_of(agreed: bytes) -> str:
    """The code of ``agreed_bytes``, in the form of a fingerprint: 32 base32 characters."""
    return b32(sha256(agreed).digest()[:_CODE_BYTES])
