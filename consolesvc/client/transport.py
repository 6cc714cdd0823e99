"""Calls to one service: plain HTTP from the standard library, for its quick start."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from consolesvc.client.words import escape
from consolesvc.errors import ClientError

DEFAULT = "http://127.0.0.1:8774"
TIMEOUT = 10.0
"""Seconds that a service has for each step of an answer, beyond what it is asked to wait."""
LARGEST = 1024 * 1024 * 1024
"""Bytes of an answer that are read: all that a log of a console may hold by default is a quarter of it."""
USAGE, NOT_FOUND, REFUSED = 2, 3, 4
"""Exit codes of DESIGN 5.1."""
PASSING = (404, 409, 429, 500, 502, 503, 504)
"""Statuses of a fault that may pass: a server that is not there or not ready yet, a service that is not."""
EXIT_CODES: Mapping[int, int] = {
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
        endpoint: The API's URL, with or without `/v2.1`; None to look in the environment (DESIGN 5.1): `OS_ENDPOINT`,
            else `OS_COMPUTE_ENDPOINT_OVERRIDE`, else this host's own.
        token: Sent with each call, where the service wants one; None for `OS_TOKEN` of the environment, if it is set.
        timeout: Seconds that the service has for each step of an answer; None for TIMEOUT.
        environ: The environment.

    Attributes:
        url: The endpoint, without `/v2.1` and without a slash at its end.

    Raises:
        ClientError: the endpoint is no URL of HTTP (exit code 2).
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        token: str | None = None,
        timeout: float | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        given = endpoint or environ.get("OS_ENDPOINT") or environ.get("OS_COMPUTE_ENDPOINT_OVERRIDE") or DEFAULT
        self._parts = split_url(given, ("http", "https"), "endpoint")
        path = self._parts.path.rstrip("/").removesuffix("/v2.1").rstrip("/")
        self._parts = self._parts._replace(path=path, query="", fragment="")
        self._token = token or environ.get("OS_TOKEN")
        self._timeout = timeout
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
        status, content = self._carry(method, path, body, accept, wait)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return content
        try:
            message = next(iter(json.loads(content).values()))["message"]
        except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
            raise self.stranger(status) from None
        text = f"{escape(str(message))} (HTTP {status}){self._cure(status)}"
        raise ClientError(text, EXIT_CODES.get(status, 1), status=status, passing=status in PASSING)

    def stranger(self, status: int = 0) -> ClientError:
        """The error for an answer that is none of consolesvc's."""
        text = f"{self.url} does not answer as consolesvc does: is it another service?"
        # A relay in front of a service that is not there answers for it, in its own words.
        return ClientError(text, status=status, passing=status >= HTTPStatus.INTERNAL_SERVER_ERROR)

    def _cure(self, status: int) -> str:
        """What to do about a refusal, to be put behind its message."""
        return "; this service wants a token" if status == HTTPStatus.UNAUTHORIZED and not self._token else ""

    def _carry(self, method: str, path: str, body: object, accept: str, wait: float) -> tuple[int, bytes]:
        data = None if body is None else json.dumps(body)
        headers = {"Accept": accept, "Content-Type": "application/json"}
        if self._token:
            headers["X-Auth-Token"] = self._token
        with contextlib.closing(self._connection(wait)) as connection:
            try:
                connection.request(method, self._parts.path + path, data, headers)
                answer = connection.getresponse()
                return answer.status, answer.read(LARGEST)
            except OSError as error:
                cure = "start the service with `consolesvc serve`, or say where it is with --endpoint"
                text = f"no answer from {self.url}: {error.strerror or error}; {cure}"
                raise ClientError(text, passing=True) from None
            except UnicodeError:
                raise ClientError(f"endpoint {self.url!r}: this cannot be a host or a path", USAGE) from None
            except ValueError:  # a token with a line's end in it
                raise ClientError("the token cannot be one: it has characters that no header may have", USAGE) from None
            except http.client.HTTPException:
                raise self.stranger() from None

    def _connection(self, wait: float) -> http.client.HTTPConnection:
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        timeout = wait + (TIMEOUT if self._timeout is None else self._timeout)
        return kind(self._parts.hostname or "", self._parts.port or (443 if secure else 80), timeout=timeout)


def query(**given: object) -> str:
    """A query, `?` included; what is None is left out, and a keyword's trailing underscore."""
    said = {name.rstrip("_"): str(value) for name, value in given.items() if value is not None}
    return f"?{urlencode(said)}" if said else ""
