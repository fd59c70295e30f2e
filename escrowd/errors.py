"""One tree of errors: a stable code, typed fields, an exit code and an HTTP status.

A family is cut by what the caller should do next, not by where it arose. The code names the cause
(``card.word-unknown``) and never changes once released. Fields carry what a sentence needs: positions, names,
numbers. They never carry a secret: a card's word is named by its position. Sentences stand at the edge:
``escrowd_cli.messages`` for the command line, ``escrowd.texts`` for pages, papers and mails.
"""

from typing import ClassVar

Field = str | int | bool


class EscrowdError(Exception):
    """Anything that escrowd refuses or cannot do.

    Parameters: ``code``, stable and dotted (``family.cause``); ``fields``, what a sentence about it names.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, code: str, /, **fields: Field) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields

    def __str__(self) -> str:
        """The code and its fields; a form for logs, holding no secret because fields hold none."""
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.fields.items())])


class InputError(EscrowdError):
    """What was given cannot be read or lies out of bounds. Correct it and call again."""

    exit_code = 3
    http_status = 422


class CardError(EscrowdError):
    """A card, or the set of cards given, does not do. Look at the card again or take another."""

    exit_code = 4
    http_status = 422


class IntegrityError(EscrowdError):
    """A file, signature or chain is damaged, foreign or forged. Take another copy."""

    exit_code = 5
    http_status = 422


class RefusedError(EscrowdError):
    """A right or a rule says no. The same call will be refused again."""

    exit_code = 6
    http_status = 403


class ConflictError(EscrowdError):
    """The state is already another: it exists, is locked, is used up, is newer. Look, then decide."""

    exit_code = 7
    http_status = 409


class NotFoundError(EscrowdError):
    """What was named is not there. Name another."""

    exit_code = 8
    http_status = 404


class UnavailableError(EscrowdError):
    """The network, the disk or a program outside does not do its part. Try again when it does."""

    exit_code = 9
    http_status = 503
