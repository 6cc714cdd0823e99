"""Calls to one service: plain HTTP from the standard library, for its quick start."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import ssl
from collections.abc import Collection, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from consolesvc.client.cacert import client_tls, refused_certificate
from consolesvc.client.endpoints import DEFAULT, SCHEME, endpoint_of
from consolesvc.client.local import LocalConnection, socket_path
from consolesvc.client.words import escape
from consolesvc.errors import ClientError

TIMEOUT = 10.0
"""Seconds that a service has for each step of an answer, beyond what it is asked to wait."""
LARGEST = 1024 * 1024 * 1024
"""Bytes of an answer that are read: all that a log of a console may hold by default is a quarter of it."""
PART = 256 * 1024
"""Bytes that are read at once."""
LONGEST_LINE = 1024 * 1024
"""Bytes of a line of an answer that is read line by line."""
USAGE, NOT_FOUND, REFUSED = 2, 3, 4
"""Exit codes of DESIGN 5.1."""
PASSING = (404, 409, 429, 500, 502, 503, 504)
"""Statuses of a fault that may pass: a server that is not there or not ready yet, a service that is not."""
EXIT_CODES: Mapping[int, int] = {
    HTTPStatus.BAD_REQUEST: USAGE,
    HTTPStatus.NOT_FOUND: NOT_FOUND,
    HTTPStatus.UNAUTHORIZED: REFUSED,
    HTTPStatus.FORBIDDEN: REFUSED,
}


def split_url(url: str, schemes: Collection[str], what: str) -> SplitResult:
    """The parts of a URL that has one of `schemes` and a host; `what` names it in a message.

    Raises:
        ClientError: it has not, or is no URL (exit code 2). The message shows no user, password or query.
    """
    try:
        parts = urlsplit(url)
        well_formed = parts.scheme in schemes and parts.hostname and parts.port != 0 and url.isprintable()
    except ValueError:  # a port out of range, half an IPv6 address
        well_formed = False
    if "@" in url:
        raise ClientError(f"{what}: expected a URL without user and password", USAGE)
    if not well_formed or " " in url:
        expected = " or ".join(f"{scheme}://HOST:PORT" for scheme in schemes)
        raise ClientError(f"{what} {escape(url.partition('?')[0])!r}: expected {expected}", USAGE)
    return parts


class Transport:
    """Carries calls to one service, directly: a proxy that the environment names is not for a lab's consoles.

    Args:
        endpoint: The API's URL, with or without `/v2.1`, or `unix:PATH` for its local socket; None to look in the
            environment (DESIGN 5.1): `OS_ENDPOINT`, else `OS_COMPUTE_ENDPOINT_OVERRIDE`, else this host's own port.
        token: Sent with each call, where the service wants one; None for `OS_TOKEN` of the environment, if it is set.
        timeout: Seconds that the service has for each step of an answer; None for TIMEOUT.
        environ: The environment; of it also `OS_CACERT`, `OS_CERT` and `OS_KEY` for https.

    Attributes:
        url: The endpoint, without `/v2.1` and without a slash at its end.
        socket: The local socket's path; None where the endpoint is a URL.

    Raises:
        ClientError: the endpoint is no URL of HTTP, and no socket (exit code 2).
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        token: str | None = None,
        timeout: float | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        given = endpoint or endpoint_of(environ) or DEFAULT
        self._token = token or environ.get("OS_TOKEN")
        self._timeout = timeout
        self._environ = environ
        self._tls: ssl.SSLContext | None = None
        self.socket = socket_path(given)
        if self.socket is not None:
            self._parts, self.url = SplitResult("http", "localhost", "", "", ""), f"{SCHEME}{self.socket}"
            return
        self._parts = split_url(given, ("http", "https"), "endpoint")
        path = self._parts.path.rstrip("/").removesuffix("/v2.1").rstrip("/")
        self._parts = self._parts._replace(path=path, query="", fragment="")
        self.url = self._parts.geturl()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    def ask(self, method: str, path: str, body: object = None, *, wait: float = 0) -> Any:
        """The JSON of an answer; None for one without a body.

        Args:
            method: Of the request.
            path: Below the endpoint, with its query.
            body: Sent as JSON; None for none.
            wait: Seconds that the service was asked to wait.

        Raises:
            ClientError: nothing answers, or the answer is a fault; its message is the service's own.
        """
        content = self.exchange(method, path, body, wait=wait)
        try:
            return json.loads(content) if content else None
        except (ValueError, RecursionError):
            raise self.stranger() from None

    def exchange(
        self, method: str, path: str, body: object = None, *, accept: str = "application/json", wait: float = 0
    ) -> bytes:
        """As `ask`, for an answer of any type: its body."""
        with self._answer(method, path, body, {"Accept": accept}, wait) as answer:
            return self._good(answer.status, answer.read(LARGEST))

    def part(self, path: str) -> tuple[Mapping[str, str], bytes, bool]:
        """A GET's headers, its body as far as it came, and whether that is all of it; raises ClientError as `ask`."""
        with self._answer("GET", path, None, {"Accept": "*/*"}, 0) as answer:
            content, whole = _body(answer)
            return dict(answer.headers.items()), self._good(answer.status, content), whole

    def _good(self, status: int, content: bytes) -> bytes:
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return content
        raise self._refusal(status, content)

    def lines(self, path: str, headers: Mapping[str, str], *, wait: float) -> Iterator[bytes]:
        """The lines of the answer to a GET as they come, until it ends.

        Args:
            path: Below the endpoint, with its query.
            headers: Of the request.
            wait: Seconds that it may be silent.

        Raises:
            ClientError: as `ask`; and it breaks off.
        """
        with self._answer("GET", path, None, headers, wait) as answer:
            if answer.status != HTTPStatus.OK:
                raise self._refusal(answer.status, answer.read(LARGEST))
            while line := answer.readline(LONGEST_LINE):
                yield line

    def _refusal(self, status: int, content: bytes) -> ClientError:
        """The error for an answer that is a fault."""
        try:
            fault = next(iter(json.loads(content).values()))
            message = fault["message"]
        except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
            return self.stranger(status)
        text = f"{escape(str(message))} (HTTP {status}){self._cure(status)}"
        return ClientError(text, EXIT_CODES.get(status, 1), status=status, passing=status in PASSING, content=fault)

    def stranger(self, status: int = 0) -> ClientError:
        """The error for an answer that is none of consolesvc's."""
        text = f"{self.url} does not answer as consolesvc does: is it another service?"
        # A relay in front of a service that is not there answers for it, in its own words.
        return ClientError(text, status=status, passing=status >= HTTPStatus.INTERNAL_SERVER_ERROR)

    def _cure(self, status: int) -> str:
        """What to do about a refusal, to be put behind its message."""
        return "; this service wants a token" if status == HTTPStatus.UNAUTHORIZED and not self._token else ""

    def _absent(self) -> str:
        """What to do about a service that does not answer."""
        return "start the service with `consolesvc serve`, or say where it is with --endpoint"

    @contextlib.contextmanager
    def _answer(
        self, method: str, path: str, body: object, headers: Mapping[str, str], wait: float
    ) -> Iterator[http.client.HTTPResponse]:
        """An answer, while it is read; what goes wrong then is a ClientError."""
        data = None if body is None else json.dumps(body)
        sent = {**headers, "Content-Type": "application/json"}
        if self._token:
            sent["X-Auth-Token"] = self._token
        with contextlib.closing(self._connection(wait)) as connection:
            try:
                connection.request(method, self._parts.path + path, data, sent)
                with connection.getresponse() as answer:
                    yield answer
            except OSError as error:
                refused = refused_certificate(error)
                if refused is not None:
                    raise ClientError(f"no answer from {self.url}: {refused}") from None
                text = f"no answer from {self.url}: {error.strerror or error}; {self._absent()}"
                raise ClientError(text, passing=True) from None
            except UnicodeError:
                raise ClientError(f"endpoint {self.url!r}: this cannot be a host or a path", USAGE) from None
            except ValueError:  # a token with a line's end in it
                raise ClientError("the token cannot be one: it has characters that no header may have", USAGE) from None
            except http.client.IncompleteRead:
                raise ClientError(f"the answer of {self.url} broke off", passing=True) from None
            except http.client.HTTPException:
                raise self.stranger() from None

    def _connection(self, wait: float) -> http.client.HTTPConnection:
        timeout = wait + (TIMEOUT if self._timeout is None else self._timeout)
        if self.socket is not None:
            return LocalConnection(self.socket, timeout)
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port or 80, timeout=timeout)
        if self._tls is None:  # to read a system's authorities takes longer than a call
            self._tls = client_tls(self._environ)
        return http.client.HTTPSConnection(host, port or 443, timeout=timeout, context=self._tls)


def _body(answer: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """A body, and whether it is all of it: one whose length was not known before may break off."""
    if not answer.chunked:
        return answer.read(LARGEST), True
    parts: list[bytes] = []
    try:
        while part := answer.read1(PART):
            parts.append(part)
    except (OSError, http.client.HTTPException):
        return b"".join(parts), False
    return b"".join(parts), True


def query(**given: object) -> str:
    """A query, `?` included; what is None is left out, and a keyword's trailing underscore."""
    said = {name.rstrip("_"): str(value) for name, value in given.items() if value is not None}
    return f"?{urlencode(said)}" if said else ""
