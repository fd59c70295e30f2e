"""Write ``ed25519/crafted.json``: signatures that implementations of Ed25519 disagree about.

Each is made by hand on the curve, and marked with what OpenSSL says. A reader must agree on every one: else
two programs would read one manifest differently. Written anew, always the same bytes.
"""

import hashlib
import itertools
import json
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
TARGET = Path(__file__).parent / "ed25519/crafted.json"

Point = tuple[int, int]
IDENTITY: Point = (0, 1)


def add(one: Point, other: Point) -> Point:
    """The sum of two points (RFC 8032, section 5.1.4, in affine form)."""
    (x1, y1), (x2, y2) = one, other
    cross = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + cross, -1, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - cross, -1, P) % P
    return x3, y3


def multiply(scalar: int, point: Point) -> Point:
    """``scalar`` times ``point``."""
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def x_of(y: int, sign: int) -> int | None:
    """The x of a point with this y, or None if there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_1 % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign and x else x


def encode(point: Point, *, sign: int | None = None, lift: int = 0) -> bytes:
    """A point's 32 bytes. ``sign``: this sign bit whatever x is; ``lift``: y + lift times P, where it fits."""
    x, y = point
    bit = x & 1 if sign is None else sign
    return (y + lift * P | bit << 255).to_bytes(32, "little")


BASE_Y = 4 * pow(5, -1, P) % P
BASE: Point = (x_of(BASE_Y, 0) or 0, BASE_Y)


def torsion() -> list[Point]:
    """The eight points of small order, found by multiplying points with the large order."""
    for y in itertools.count(2):
        x = x_of(y, 0)
        if x is not None:
            generator = multiply(L, (x, y))
            if multiply(4, generator) != IDENTITY:
                return [multiply(number, generator) for number in range(8)]
    raise AssertionError


def encodings(point: Point) -> dict[str, bytes]:
    """All the ways in which a point can be written, canonical first."""
    ways = {"canonical": encode(point)}
    if point[0] == 0:
        ways["other sign"] = encode(point, sign=1)
    if point[1] < 19:
        ways["y + p"] = encode(point, lift=1)
        if point[0] == 0:
            ways["y + p, other sign"] = encode(point, sign=1, lift=1)
    return ways


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    """SHA-512(R, A, M) modulo the group order."""
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def scalar(name: str) -> int:
    """A number below the group order, made from a name."""
    return int.from_bytes(hashlib.sha512(name.encode()).digest(), "little") % L


def accepted(public: bytes, signature: bytes, message: bytes) -> bool:
    """What OpenSSL says."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def small_order(points: list[Point]) -> list[tuple[str, bytes, bytes, bytes]]:
    """Public key and R of small order, in each spelling; S of 0 and of the order."""
    cases = []
    written = [
        (f"order-8 point {number}, {way}", code)
        for number, point in enumerate(points)
        for way, code in encodings(point).items()
    ]
    for (a_name, a), (r_name, r) in itertools.product(written, repeat=2):
        cases += [
            (f"A: {a_name}; R: {r_name}", a, r + bytes(32), b"message %d" % number) for number in range(3)
        ]
        cases.append((f"A: {a_name}; R: {r_name}; S = L", a, r + L.to_bytes(32, "little"), b"message"))
    return cases


def mixed(points: list[Point]) -> list[tuple[str, bytes, bytes, bytes]]:
    """A or R or both with a part of small order: cofactored checks accept all, others only some."""
    cases = []
    secret, nonce = scalar("secret"), scalar("nonce")
    honest_a, honest_r = multiply(secret, BASE), multiply(nonce, BASE)
    for (i, one), (j, other) in itertools.product(enumerate(points), repeat=2):
        for number in range(2):
            message = b"mixed %d" % number
            a, r = encode(add(honest_a, one)), encode(add(honest_r, other))
            s = (nonce + challenge(r, a, message) * secret) % L
            cases.append((f"A + T{i}, R + T{j}", a, r + s.to_bytes(32, "little"), message))
    return cases


def numbers() -> list[tuple[str, bytes, bytes, bytes]]:
    """An honest signature, with S and R in other spellings, and keys that are no points."""
    message = b"numbers"
    secret, nonce = scalar("secret"), scalar("nonce")
    a, r = encode(multiply(secret, BASE)), encode(multiply(nonce, BASE))
    s = (nonce + challenge(r, a, message) * secret) % L
    cases = [("honest", a, r + s.to_bytes(32, "little"), message)]
    others = {f"S + {times} L": s + times * L for times in range(1, 16)}
    others |= {f"S with bit {bit}": s | 1 << bit for bit in (253, 254, 255)}
    for name, other in others.items():
        if other < 2**256:
            cases.append((name, a, r + other.to_bytes(32, "little"), message))
    cases.append(("S = L - 1", a, r + (L - 1).to_bytes(32, "little"), message))
    cases.append(("S = 0", a, r + bytes(32), message))
    flipped = bytes([*r[:31], r[31] ^ 0x80])
    cases.append(("R with the other sign", a, flipped + s.to_bytes(32, "little"), message))
    negative = bytes([*a[:31], a[31] ^ 0x80])
    cases.append(("A with the other sign", negative, r + s.to_bytes(32, "little"), message))
    cases.append(("another message", a, r + s.to_bytes(32, "little"), b"other"))
    cases.append(("signature cut", a, (r + s.to_bytes(32, "little"))[:63], message))
    cases.append(("key cut", a[:31], r + s.to_bytes(32, "little"), message))
    cases += [
        (f"A: y = {y}, {'a' if x_of(y % P, 0) is not None else 'no'} point", public, r + bytes(32), message)
        for y in [*range(2, 19), *range(P, 2**255)]
        for public in [y.to_bytes(32, "little"), (y | 1 << 255).to_bytes(32, "little")]
    ]
    # S = 0 and R = -hA for a key whose y is written with p added: a signature that holds if R is as hashed.
    for y in range(P, 2**255):
        x = x_of(y % P, 0)
        if x is None:
            continue
        public = y.to_bytes(32, "little")
        s = scalar(f"lifted {y - P}")
        guess = encode(multiply(s, BASE))
        cases.append((f"A: y = p + {y - P}", public, guess + s.to_bytes(32, "little"), message))
    return cases


def main() -> None:
    """Write the file."""
    points = torsion()
    cases = numbers() + mixed(points) + small_order(points)
    lines = [
        json.dumps(
            {
                "name": name,
                "public": public.hex(),
                "message": message.hex(),
                "signature": signature.hex(),
                "ok": accepted(public, signature, message),
            }
        )
        for name, public, signature, message in cases
    ]
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
