"""A running service, as commands speak to it: plain HTTP from the standard library, for its quick start."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from consolesvc.errors import ClientError

DEFAULT = "http://127.0.0.1:8774"
TIMEOUT = 10.0
"""Seconds that a service has to answer."""
NOT_FOUND, REFUSED = 3, 4
"""Exit codes of DESIGN 5.1."""


def add_endpoint(parser: argparse.ArgumentParser) -> None:
    """Give a command `--endpoint`."""
    parser.add_argument("--endpoint", metavar="URL", help=f"the service's API (default: $OS_ENDPOINT, else {DEFAULT})")


class Client:
    """Calls one service's API.

    Args:
        endpoint: As given by the user, with or without `/v2.1`; None to look in the environment.
        environ: The environment.
    """

    def __init__(self, endpoint: str | None, environ: Mapping[str, str] = os.environ) -> None:
        given = endpoint or environ.get("OS_ENDPOINT") or environ.get("OS_COMPUTE_ENDPOINT_OVERRIDE") or DEFAULT
        if not given.startswith(("http://", "https://")):
            raise ClientError(f"endpoint {given!r}: expected an http:// or https:// URL, such as {DEFAULT}", 2)
        self.url = given.rstrip("/").removesuffix("/v2.1").rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, path: str, body: object = None) -> Any:
        """The JSON answer to a GET, or to a POST of `body`.

        Raises:
            ClientError: nothing answers, or the answer is a fault; its message is the service's own.
        """
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
            self.url + path, data, {"Content-Type": "application/json"}
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise _fault(error) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise ClientError(
                f"no answer from {self.url}: {reason}; start the service with `consolesvc serve`, or say --endpoint"
            ) from None
        except ValueError:
            raise ClientError(f"{self.url} does not answer as consolesvc does: is it another service?") from None

    def consoles(self) -> list[dict[str, Any]]:
        """All consoles, as `web.api.console_view` shows them."""
        found: list[dict[str, Any]] = self.call("/console/v1/consoles")["consoles"]
        return found

    def find(self, name: str) -> dict[str, Any]:
        """The console with this id, name, or unambiguous beginning of a name; raises ClientError."""
        consoles = self.consoles()
        for exact in (c for c in consoles if name in (c["name"], c["id"])):
            return exact
        matches = [c for c in consoles if c["name"].startswith(name)]
        if len(matches) == 1:
            return matches[0]
        names = ", ".join(c["name"] for c in matches or consoles)
        what = "is the beginning of several names" if matches else "is no console here"
        raise ClientError(f"{name!r} {what}; there are: {names or 'none'}", NOT_FOUND)

    def console_url(self, name: str) -> str:
        """A fresh console URL, as any OpenStack client gets it."""
        server_id = self.find(name)["id"]
        answer = self.call(f"/v2.1/servers/{server_id}/action", {"os-getSerialConsole": {"type": "serial"}})
        return str(answer["console"]["url"])


def _fault(error: urllib.error.HTTPError) -> ClientError:
    codes = {404: NOT_FOUND, 401: REFUSED, 403: REFUSED}
    try:
        message = next(iter(json.load(error).values()))["message"]
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        message = error.reason
    return ClientError(f"{error.code}: {message}", codes.get(error.code, 1))
