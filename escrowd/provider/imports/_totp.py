"""The many spellings of a time-based one-time password, as password managers store them."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import ValidationError

from escrowd.core.bundle import Totp

_STEAM_DIGITS: Final = 5
_ALGORITHMS: Final = {
    "": "SHA1",
    "SHA1": "SHA1",
    "SHA256": "SHA256",
    "SHA512": "SHA512",
    "HMACSHA1": "SHA1",
    "HMACSHA256": "SHA256",
    "HMACSHA512": "SHA512",
}
_URI_PARAMETERS: Final = frozenset(["secret", "algorithm", "digits", "period", "issuer", "encoder"])


@dataclass(frozen=True, slots=True)
class ReadTotp:
    """``totp``, and the names of the parameters that it does not hold (an image's address, say)."""

    totp: Totp
    left: tuple[str, ...] = ()


def read_totp(text: str) -> ReadTotp | None:
    """What ``text`` means: an ``otpauth://totp`` or ``steam://`` URI, KeeOtp's ``key=…``, or base32.

    ``None`` for anything else, counters (``otpauth://hotp``) among it: the caller keeps the text.
    """
    text = text.strip()
    if text.lower().startswith("otpauth:"):
        return _from_uri(text)
    if text.lower().startswith("steam://"):
        return _make(text[len("steam://") :], digits=str(_STEAM_DIGITS), encoder="steam")
    if "key=" in text:
        values = _parameters(text)
        if values is None or not values.keys() <= {"key", "step", "size", "type", "otpHashMode"}:
            return None
        if values.get("type", "Totp").lower() != "totp":
            return None
        return _make(
            values.get("key", ""),
            digits=values.get("size", "6"),
            period=values.get("step", "30"),
            algorithm=values.get("otpHashMode", ""),
        )
    return _make(text)


def read_keepass_fields(fields: Mapping[str, str]) -> tuple[ReadTotp | None, frozenset[str]]:
    """The password that KeePass' fields describe, and the names of the fields that it was read from.

    KeePassXC: ``otp``, formerly ``TOTP Seed`` and ``TOTP Settings``; KeePass: ``TimeOtp-…``. Of several the
    first that can be read counts; the others stay fields.
    """
    if "otp" in fields and (read := read_totp(fields["otp"])) is not None:
        return read, frozenset(["otp"])
    for ending, decode in _SECRETS.items():
        name = f"TimeOtp-Secret{ending}"
        if name in fields and (secret := decode(fields[name])) is not None:
            read = _make(
                base64.b32encode(secret).decode(),
                digits=fields.get("TimeOtp-Length") or "6",
                period=fields.get("TimeOtp-Period") or "30",
                algorithm=fields.get("TimeOtp-Algorithm") or "",
            )
            used = {name, "TimeOtp-Length", "TimeOtp-Period", "TimeOtp-Algorithm"} & fields.keys()
            return (read, frozenset(used)) if read is not None else (None, frozenset())
    if "TOTP Seed" in fields:
        period, _, digits = (fields.get("TOTP Settings") or "30;6").partition(";")
        steam = digits == "S"
        read = _make(
            fields["TOTP Seed"],
            period=period,
            digits=str(_STEAM_DIGITS) if steam else digits,
            encoder="steam" if steam else "",
        )
        if read is not None:
            return read, frozenset({"TOTP Seed", "TOTP Settings"} & fields.keys())
    return None, frozenset()


def _from_uri(text: str) -> ReadTotp | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    values = _parameters(parts.query)
    if parts.netloc.lower() != "totp" or values is None:
        return None
    label = unquote(parts.path.lstrip("/"))
    issuer, colon, account = label.partition(":")
    read = _make(
        values.get("secret", ""),
        digits=values.get("digits", "6"),
        period=values.get("period", "30"),
        algorithm=values.get("algorithm", ""),
        issuer=values.get("issuer", issuer.strip() if colon else ""),
        account=account.strip() if colon else label,
        encoder=values.get("encoder", ""),
    )
    if read is None:
        return None
    return ReadTotp(read.totp, tuple(sorted(values.keys() - _URI_PARAMETERS)))


def _parameters(query: str) -> dict[str, str] | None:
    """The query's parameters; ``None`` when one occurs twice, since two readers would read two things."""
    # A plus sign in a label or an issuer is a plus sign: authenticator apps percent-encode spaces.
    pairs = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)
    values = dict(pairs)
    return values if len(values) == len(pairs) else None


def _make(
    secret: str,
    *,
    digits: str = "6",
    period: str = "30",
    algorithm: str = "",
    issuer: str = "",
    account: str = "",
    encoder: str = "",
) -> ReadTotp | None:
    if not _base32(secret):
        return None
    try:
        # JSON mode is not needed: every value is checked by the model, which converts nothing.
        return ReadTotp(
            Totp.model_validate(
                {
                    "secret": _plain(secret),
                    "algorithm": _ALGORITHMS[re.sub(r"[^A-Z0-9]", "", algorithm.upper())],
                    "digits": _whole(digits),
                    "period": _whole(period),
                    "issuer": issuer,
                    "account": account,
                    "encoder": encoder,
                }
            )
        )
    except (ValidationError, ValueError, KeyError):
        return None


def _plain(secret: str) -> str:
    """Base32 as people group and pad it, in its plain form."""
    return re.sub(r"[\s-]", "", secret).rstrip("=").upper()


def _whole(text: str) -> int:
    """The number; raises ``ValueError`` for anything but ASCII digits, where ``int`` would be generous."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError
    return int(text)


def _base32(text: str) -> bytes | None:
    if not text.isascii():  # the capital of ß is SS: base32, but not what stood there
        return None
    plain = _plain(text)
    try:
        return base64.b32decode(plain + "=" * (-len(plain) % 8)) or None
    except binascii.Error:
        return None


def _hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) or None
    except ValueError:
        return None


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) or None
    except (binascii.Error, ValueError):
        return None


_SECRETS: Final = {
    "": lambda text: text.encode() or None,
    "-Hex": _hex,
    "-Base32": _base32,
    "-Base64": _base64,
}
