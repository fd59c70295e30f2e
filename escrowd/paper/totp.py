"""One-time passwords on paper: the square that an authenticator app reads, and the command for it."""

from functools import lru_cache
from urllib.parse import quote, urlencode

import segno

from escrowd.core.bundle import Totp


def totp_uri(totp: Totp) -> str:
    """The ``otpauth`` URI, or nothing where apps know no such URI (Steam)."""
    if totp.encoder:
        return ""
    label = quote(":".join(filter(None, (totp.issuer, totp.account))) or "escrow", safe=":")
    values = {
        "secret": totp.secret,
        "algorithm": totp.algorithm,
        "digits": totp.digits,
        "period": totp.period,
    }
    if totp.issuer:
        values["issuer"] = totp.issuer
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


@lru_cache(maxsize=1024)
def totp_square(totp: Totp) -> str:
    """The URI as a QR code in SVG, with its quiet zone; nothing where there is none or it is too long."""
    uri = totp_uri(totp)
    if not uri:
        return ""
    try:
        # Trying all eight masks for the prettiest takes four times as long; readers read each of them.
        code = segno.make_qr(uri, error="m", mask=3, boost_error=False)
    except segno.DataOverflowError:
        return ""
    return code.svg_inline(border=4, omitsize=True)


def totp_command(totp: Totp) -> str:
    """What shows the code at a terminal."""
    algorithm = "" if totp.algorithm == "SHA1" else f"={totp.algorithm}"
    digits = "" if totp.digits == 6 else f" -d {totp.digits}"  # noqa: PLR2004 — oathtool's own default
    period = "" if totp.period == 30 else f" -s {totp.period}s"  # noqa: PLR2004 — as above
    return f"oathtool --totp{algorithm} -b{digits}{period} {totp.secret}"
