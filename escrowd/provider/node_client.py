"""HTTP to one node. Knows bytes, retries and error bodies; knows no statement and keeps no state.

1. TLS is verified, always. Plain ``http`` goes to a loopback address only: a laptop's own demo.
2. Every call here may be repeated: a nonce that nobody uses dies, a file has the hash as its name, and the
   same statement gets the same receipt. So what fails on the way is tried again; an answer of the node is
   final, unless it says "not now" (429, 502, 503, 504).
3. No redirect is followed: a node's address is what its invitation names.
4. What a node answers is bounded before it is read, and what it says in an error goes to no terminal
   unfiltered.
"""

import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, BinaryIO, Final, TypeVar, cast
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, SSLError

from escrowd import __version__
from escrowd.core.strict import Strict, read
from escrowd.core.wire import (
    AUTHORIZATION_SCHEME,
    FILE_TYPE,
    MAX_BODY,
    MAX_FILE,
    STATEMENT_TYPE,
    ErrorAnswer,
    FileOf,
    NodeInfo,
    NonceAnswer,
    ProofAnswer,
    ProofRequest,
    RestoreAnswer,
    RestoreRequest,
    Standing,
    StatementAnswer,
)
from escrowd.errors import (
    ConflictError,
    EscrowdError,
    InputError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from escrowd.provider.progress import Progress, Step, silent

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
PAUSES: Final = (0.5, 1.5, 4.0)
"""Seconds before the second, third and fourth try."""
NOT_NOW: Final = frozenset({429, 502, 503, 504})
_OK: Final = 200
_NO_CONTENT: Final = 204
_CHUNK: Final = 256 * 1024
_LONGEST_FIELD: Final = 200
_MAX_RESTORE: Final = 2 * MAX_FILE

_FAMILY: Final[Mapping[int, type[EscrowdError]]] = {
    400: InputError,
    401: RefusedError,
    403: RefusedError,
    404: NotFoundError,
    409: ConflictError,
    413: InputError,
    422: InputError,
}
#: 422 stands for two families; these beginnings of a code belong to the second
_DAMAGED: Final = ("jws.", "age.", "ledger.", "manifest.", "file.", "proof.")

_Answer = TypeVar("_Answer", bound=Strict)
OpenFile = Callable[[], BinaryIO]


def check_url(url: str) -> str:
    """The address of a node without a slash at its end.

    Raises ``InputError`` ``node.url-malformed``, ``node.url-not-https`` (``url``) (rule 1).
    """
    shown = _plain(url.rpartition("@")[2])  # a password in an address stays out of the error
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        raise InputError("node.url-malformed", url=shown) from None
    if not usable or parts.query or parts.fragment or "@" in parts.netloc:
        raise InputError("node.url-malformed", url=shown)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise InputError("node.url-not-https", url=shown)
    return url.rstrip("/")


class NodeClient:
    """Calls to the node at ``url``.

    Every method raises ``UnavailableError`` ``node.unreachable`` (``url``), ``node.tls`` (``url``: the
    certificate does not verify), ``node.busy`` (``url``, ``status``); ``IntegrityError``
    ``node.answer-malformed`` (``url``, ``status``); and whatever error the node answers, with the node's code
    and fields.
    """

    def __init__(self, url: str, *, patient: bool = True) -> None:
        """Parameters: ``patient``, whether what fails on the way is tried again."""
        self.url = check_url(url)
        self._pauses = PAUSES if patient else ()
        self._pool = urllib3.PoolManager(
            cert_reqs="CERT_REQUIRED",
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=False,
            headers={"User-Agent": f"escrow/{__version__}"},
        )

    def close(self) -> None:
        """Give up the connections."""
        self._pool.clear()

    def info(self) -> NodeInfo:
        """Who the node says that it is. Nothing in it is proved."""
        return self._read(NodeInfo, self._call("GET", "/v1/node"))

    def nonce(self) -> str:
        """A nonce: good for one statement, for an hour of the node's time awake."""
        return self._read(NonceAnswer, self._call("POST", "/v1/nonces")).nonce

    def state(self, compact: str) -> StatementAnswer:
        """Hand in a statement. The receipt in the answer is not yet verified."""
        data = self._call("POST", "/v1/statements", body=compact.encode("ascii"), content_type=STATEMENT_TYPE)
        return self._read(StatementAnswer, data)

    def upload(
        self, file: FileOf, open_file: OpenFile, authorization: str, *, progress: Progress = silent
    ) -> None:
        """Send one file that the statement ``authorization`` names.

        A file that the node has already is not sent.
        """
        headers = {
            "Authorization": f"{AUTHORIZATION_SCHEME} {authorization}",
            "Content-Length": str(file.size),
            "Content-Type": FILE_TYPE,
        }
        path = f"/v1/files/{file.sha256}"

        def send() -> urllib3.BaseHTTPResponse:
            with open_file() as stream:
                body = _Reported(stream, self.url, file.size, progress)
                return self._request("PUT", path, body=body, headers=headers)

        with self._answered(send) as response:
            response.drain_conn()

    def standing(self, compact: str) -> Standing:
        """The answer to a signed ``query`` for the standing."""
        return self._read(
            Standing,
            self._call("POST", "/v1/query", body=compact.encode("ascii"), content_type=STATEMENT_TYPE),
        )

    def lines(self, compact: str) -> Iterator[bytes]:
        """The answer to a signed ``query`` for the ledger, line by line, LF included."""
        with self._answered(
            lambda: self._request(
                "POST", "/v1/query", body=compact.encode("ascii"), headers={"Content-Type": STATEMENT_TYPE}
            )
        ) as response:
            yield from _lines(response, self.url)

    def file(self, compact: str, target: BinaryIO) -> int:
        """The answer to a signed ``query`` for a file, written to ``target``. Returns its size in bytes."""
        with self._answered(
            lambda: self._request(
                "POST", "/v1/query", body=compact.encode("ascii"), headers={"Content-Type": STATEMENT_TYPE}
            )
        ) as response:
            return _copy(response, target, self.url)

    def prove(self, proof: str) -> ProofAnswer:
        """Hand in a proof of one card; what it did."""
        data = self._call(
            "POST",
            "/v1/proofs",
            body=ProofRequest(proof=proof).model_dump_json().encode(),
            content_type="application/json",
        )
        return self._read(ProofAnswer, data)

    def restore(self, request: RestoreRequest) -> RestoreAnswer:
        """What a lost workspace is built from."""
        data = self._call(
            "POST",
            "/v1/restore",
            body=request.model_dump_json().encode(),
            content_type="application/json",
            limit=_MAX_RESTORE,
        )
        return self._read(RestoreAnswer, data, limit=_MAX_RESTORE)

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        content_type: str | None = None,
        limit: int = MAX_BODY,
    ) -> bytes:
        headers = {"Content-Type": content_type} if content_type else {}
        with self._answered(lambda: self._request(method, path, body=body, headers=headers)) as response:
            return _bounded(response, limit, self.url)

    def _request(
        self, method: str, path: str, *, body: "bytes | _Reported | None", headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            method,
            self.url + path,
            body=cast("IO[bytes]", body),
            headers={**self._pool.headers, **headers},
            preload_content=False,
            redirect=False,
        )

    @contextmanager
    def _answered(self, send: Callable[[], urllib3.BaseHTTPResponse]) -> Iterator[urllib3.BaseHTTPResponse]:
        """The node's good answer to ``send``, asked again while it is "not now" (rule 2)."""
        pauses = iter(self._pauses)
        while True:
            problem: EscrowdError
            try:
                response = send()
            except SSLError:
                # Asking again changes no certificate.
                raise UnavailableError("node.tls", url=self.url) from None
            except (HTTPError, OSError) as error:
                if isinstance(getattr(error, "reason", None), SSLError):
                    raise UnavailableError("node.tls", url=self.url) from None
                problem = UnavailableError("node.unreachable", url=self.url)
            else:
                if response.status in {_OK, _NO_CONTENT}:
                    break
                problem = self._refusal(response)
                if response.status not in NOT_NOW:
                    raise problem
            pause = next(pauses, None)
            if pause is None:
                raise problem
            time.sleep(pause)
        try:
            yield response
        except (HTTPError, OSError):
            raise UnavailableError("node.unreachable", url=self.url) from None
        finally:
            response.release_conn()

    def _refusal(self, response: urllib3.BaseHTTPResponse) -> EscrowdError:
        """The error that the node answered, in our own tree (rule 4)."""
        status = response.status
        try:
            detail = read(ErrorAnswer, _bounded(response, MAX_BODY, self.url), max_bytes=MAX_BODY).error
        except (EscrowdError, HTTPError, OSError):
            if status in NOT_NOW:
                return UnavailableError("node.busy", url=self.url, status=status)
            return IntegrityError("node.answer-malformed", url=self.url, status=status)
        finally:
            response.release_conn()
        family = _FAMILY.get(status, UnavailableError)
        if family is InputError and detail.code.startswith(_DAMAGED):
            family = IntegrityError
        fields = {
            name: _plain(value) if isinstance(value, str) else value
            for name, value in detail.fields.items()
            if name.isidentifier() and name != "code"
        }
        return family(detail.code, **fields)

    def _read(self, model: type[_Answer], data: bytes, *, limit: int = MAX_BODY) -> _Answer:
        try:
            return read(model, data, max_bytes=limit)
        except InputError:
            raise IntegrityError("node.answer-malformed", url=self.url, status=_OK) from None


class _Reported:
    """A stream that reports what was read of it."""

    def __init__(self, stream: BinaryIO, subject: str, total: int, progress: Progress) -> None:
        self._stream = stream
        self._subject = subject
        self._total = total
        self._progress = progress
        self._done = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(_CHUNK if size < 0 else max(size, _CHUNK))
        self._done += len(data)
        self._progress(Step("upload", self._subject, self._done, self._total))
        return data


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _plain(text: str) -> str:
    """The text without control characters, cut to a length that fits a sentence."""
    return "".join(character for character in text if character.isprintable())[:_LONGEST_FIELD]


def _bounded(response: urllib3.BaseHTTPResponse, limit: int, url: str) -> bytes:
    data = response.read(limit + 1, decode_content=False)
    if len(data) > limit:
        raise IntegrityError("node.answer-malformed", url=url, status=response.status)
    return data


def _copy(response: urllib3.BaseHTTPResponse, target: BinaryIO, url: str) -> int:
    size = 0
    for chunk in response.stream(_CHUNK, decode_content=False):
        size += len(chunk)
        if size > MAX_FILE:
            raise IntegrityError("node.answer-malformed", url=url, status=response.status)
        target.write(chunk)
    return size


def _lines(response: urllib3.BaseHTTPResponse, url: str) -> Iterator[bytes]:
    rest = b""
    for chunk in response.stream(_CHUNK, decode_content=False):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"
        if len(rest) > MAX_BODY:
            raise IntegrityError("node.answer-malformed", url=url, status=response.status)
    if rest:
        yield rest
