"""A running service, as commands speak to it: plain HTTP from the standard library, for its quick start."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlsplit

from consolesvc.cacert import client_tls, refused_certificate
from consolesvc.cli.table import escape
from consolesvc.errors import ClientError

DEFAULT = "http://127.0.0.1:8774"
TIMEOUT = 10.0
"""Seconds that a service has for each step of an answer."""
LARGEST = 64 * 1024 * 1024
"""Bytes of an answer that are read; ours for ten thousand consoles is a tenth of it."""
NAMES = 20
"""Names that a message lists at most."""
USAGE, NOT_FOUND, REFUSED = 2, 3, 4
"""Exit codes of DESIGN 5.1."""
GET_A_URL = (
    "this service wants a token, and a consolesvc command has none: get a URL with "
    "`openstack console url show --serial NAME`, which `consolesvc attach URL` takes"
)
"""What to do about a 401."""
STATUS_CODES: dict[int, int] = {
    HTTPStatus.NOT_FOUND: NOT_FOUND,
    HTTPStatus.UNAUTHORIZED: REFUSED,
    HTTPStatus.FORBIDDEN: REFUSED,
}


def add_endpoint(parser: argparse.ArgumentParser) -> None:
    """Give a command `--endpoint`."""
    parser.add_argument("--endpoint", metavar="URL", help=f"the service's API (default: $OS_ENDPOINT, else {DEFAULT})")


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


class Client:
    """Calls one service's API. It goes there directly: a proxy that the environment names is not for a lab's consoles.

    Args:
        endpoint: As given by the user, with or without `/v2.1`; None to look in the environment (DESIGN 5.1).
        environ: The environment.

    Attributes:
        url: The endpoint, without `/v2.1` and without a slash at its end.

    Raises:
        ClientError: the endpoint is no URL of HTTP (exit code 2).
    """

    def __init__(self, endpoint: str | None, environ: Mapping[str, str] = os.environ) -> None:
        given = endpoint or environ.get("OS_ENDPOINT") or environ.get("OS_COMPUTE_ENDPOINT_OVERRIDE") or DEFAULT
        self._parts = split_url(given, ("http", "https"), "endpoint")
        path = self._parts.path.rstrip("/").removesuffix("/v2.1").rstrip("/")
        self._parts = self._parts._replace(path=path, query="", fragment="")
        self._environ = environ
        self.url = self._parts.geturl()

    def __repr__(self) -> str:
        return f"<Client of {self.url}>"

    def call(self, path: str, body: object = None) -> Any:
        """The JSON answer to a GET, or to a POST of `body`.

        Raises:
            ClientError: nothing answers, or the answer is a fault; its message is the service's own.
        """
        status, content = self._exchange(path, body)
        try:
            answer = json.loads(content)
            message = None if status == HTTPStatus.OK else next(iter(answer.values()))["message"]
        except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
            raise self._stranger() from None
        if message is not None:
            cure = f"; {GET_A_URL}" if status == HTTPStatus.UNAUTHORIZED else ""
            raise ClientError(f"{escape(str(message))} (HTTP {status}){cure}", STATUS_CODES.get(status, 1))
        return answer

    def _exchange(self, path: str, body: object) -> tuple[int, bytes]:
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
        with contextlib.closing(self._connection()) as connection:
            try:
                headers = {"Accept": "application/json", "Content-Type": "application/json"}
                connection.request(method, self._parts.path + path, data, headers)
                answer = connection.getresponse()
                return answer.status, answer.read(LARGEST)
            except OSError as error:
                refused = refused_certificate(error)
                if refused is not None:
                    raise ClientError(f"no answer from {self.url}: {refused}") from None
                cure = "start the service with `consolesvc serve`, or say where it is with --endpoint"
                raise ClientError(f"no answer from {self.url}: {error.strerror or error}; {cure}") from None
            except UnicodeError:
                raise ClientError(f"endpoint {self.url!r}: this cannot be a host or a path", USAGE) from None
            except http.client.HTTPException:
                raise self._stranger() from None

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port or 80, timeout=TIMEOUT)
        return http.client.HTTPSConnection(host, port or 443, timeout=TIMEOUT, context=client_tls(self._environ))

    def _stranger(self) -> ClientError:
        return ClientError(f"{self.url} does not answer as consolesvc does: is it another service?")

    def listing(self) -> dict[str, Any]:
        """The answer of `web.api`: `consoles`, each as `console_view` shows it, and `configuration_error`.

        Raises:
            ClientError: as `call`; and what answers is no consolesvc.
        """
        try:
            answer = self.call("/console/v1/consoles")
        except ClientError as error:
            raise self._stranger() if error.exit_code == NOT_FOUND else error from None
        if not isinstance(answer, dict) or not isinstance(answer.get("consoles"), list):
            raise self._stranger()
        return answer

    def find(self, name: str) -> dict[str, Any]:
        """The console with this id, name, or unambiguous beginning of a name.

        Raises:
            ClientError: none or several (exit code 3; the message lists the names); or as `listing`.
        """
        consoles: list[dict[str, Any]] = self.listing()["consoles"]
        # An id first: a fake made over the API may bear any name, another's id or name too.
        for key in ("id", "name"):
            exact = [console for console in consoles if console[key] == name]
            if len(exact) == 1:
                return exact[0]
            if exact:
                ids = ", ".join(console["id"] for console in exact)
                raise ClientError(f"{len(exact)} consoles are called {name!r}; say which by its id: {ids}", NOT_FOUND)
        matches = [console for console in consoles if name and console["name"].startswith(name)]
        if len(matches) == 1:
            return matches[0]
        what = "is the beginning of several names" if matches else "is no console here; there are"
        raise ClientError(f"{name!r} {what}: {_names(matches or consoles)}", NOT_FOUND)

    def console_url(self, server_id: str) -> str:
        """A fresh console URL, as any OpenStack client gets it; raises ClientError as `call`."""
        answer = self.call(f"/v2.1/servers/{server_id}/action", {"os-getSerialConsole": {"type": "serial"}})
        return str(answer["console"]["url"])


def _names(consoles: list[dict[str, Any]]) -> str:
    names = [str(console["name"]) for console in consoles]
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return (", ".join(names[:NAMES]) or "none") + more
