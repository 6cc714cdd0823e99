"""A running service, as commands speak to it: the Python client, with words for people at a terminal."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from consolesvc.client.cloud import Cloud
from consolesvc.client.endpoints import DEFAULT, endpoint_of
from consolesvc.client.transport import NOT_FOUND, REFUSED, TIMEOUT, USAGE, split_url
from consolesvc.client.words import NAMES
from consolesvc.local import SCHEME, find_socket

__all__ = ["DEFAULT", "NAMES", "NOT_FOUND", "REFUSED", "TIMEOUT", "USAGE", "Client", "add_endpoint", "split_url"]

GET_A_URL = (
    "this service wants a token: put one into OS_TOKEN (`openstack token issue -f value -c id`), or get a URL with "
    "`openstack console url show --serial NAME`, which `consolesvc attach URL` takes"
)
"""What to do about a 401."""


def add_endpoint(parser: argparse.ArgumentParser) -> None:
    """Give a command `--endpoint`."""
    where = f"$OS_ENDPOINT, else this host's socket unless $OS_TOKEN is set, else {DEFAULT}"
    parser.add_argument(
        "--endpoint", metavar="URL", help=f"the service's API; unix:PATH is a socket (default: {where})"
    )


class Client(Cloud):
    """A Cloud for commands.

    Who has a token in the environment wants to be whom it names. The local socket, which takes whom the kernel names
    for an admin, is not looked for then.

    Args:
        endpoint: As given by the user; None to look in the environment, then for the local socket (DESIGN 5.1).
        environ: The environment.
        local: Whether a socket will do that is found.
    """

    def __init__(self, endpoint: str | None, environ: Mapping[str, str] = os.environ, *, local: bool = True) -> None:
        looks = local and not (endpoint or endpoint_of(environ))
        self._passed_over = looks and bool(environ.get("OS_TOKEN"))
        if looks and not self._passed_over and (found := find_socket(environ)) is not None:
            endpoint = f"{SCHEME}{found}"
        super().__init__(endpoint, environ=environ)

    def call(self, path: str, body: object = None) -> Any:
        """The JSON answer to a GET, or to a POST of `body`; raises ClientError as `ask`."""
        return self.ask("GET" if body is None else "POST", path, body)

    def _absent(self) -> str:
        why = "; this host's socket was not looked for, because OS_TOKEN is set" if self._passed_over else ""
        return super()._absent() + why

    def _cure(self, status: int) -> str:
        return f"; {GET_A_URL}" if status == HTTPStatus.UNAUTHORIZED else ""
