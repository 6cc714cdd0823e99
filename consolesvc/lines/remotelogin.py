"""A token for another consolesvc from the Keystone that it believes: its own builtin one, or the lab's (Identity v3).

One login serves all lines that log in alike: a hub has many to a host, and to check a password is slow on purpose.

aiohttp's client, and with it this module, is imported only where the configuration has such a line (DESIGN section 3).
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from weakref import WeakValueDictionary

import aiohttp

from consolesvc.client.cacert import refused_certificate
from consolesvc.config.linespec import RemoteSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines.remotetls import Trust

PATIENCE: Final = 10.0
"""Seconds that each answer has, of a host as of its Keystone."""
AGAIN: Final = 5.0
"""Seconds after which a login that was refused is tried again: Keystone may lock users who fail often."""

_logins: WeakValueDictionary[tuple[str | None, ...], Login] = WeakValueDictionary()


def login_of(spec: RemoteSpec) -> Login | None:
    """The login of a line, shared with those that log in alike; None where it has none."""
    if spec.auth_url is None:
        return None
    key = (
        *(spec.auth_url, spec.username, spec.password_file, spec.project_name),
        *(spec.user_domain_name, spec.project_domain_name, spec.cacert, spec.cert, spec.key),
    )
    found = _logins.get(key)
    if found is None:
        found = _logins[key] = Login(spec)
    return found


class Login:
    """Gets tokens.

    Args:
        spec: A line that says where, and who we are there.
    """

    def __init__(self, spec: RemoteSpec) -> None:
        self._spec = spec
        self._token = ""
        self._one = asyncio.Lock()
        self._refused: tuple[float, str, str] | None = None

    def __repr__(self) -> str:
        return f"<Login of {self._spec.username} at {self._spec.auth_url}>"

    def forget(self, token: str) -> None:
        """A token is good no more; one that came in its place meanwhile stays."""
        if token == self._token:
            self._token = ""

    async def token(self, session: aiohttp.ClientSession, tls: Trust) -> str:
        """A token, which may be one from before; raises LineUnavailable."""
        async with self._one:
            if not self._token:
                self._token = await self._fresh(session, tls)
            return self._token

    async def _fresh(self, session: aiohttp.ClientSession, tls: Trust) -> str:
        spec, now = self._spec, asyncio.get_running_loop().time()
        if self._refused is not None and now < self._refused[0] + AGAIN:
            raise LineUnavailable(*self._refused[1:])
        try:
            async with (
                asyncio.timeout(PATIENCE),
                session.post(
                    f"{spec.auth_url}/auth/tokens",
                    params={"nocatalog": ""},
                    json=self._credentials(),
                    # A redirect would carry our password to wherever it points.
                    allow_redirects=False,
                    ssl=tls,
                ) as answer,
            ):
                status, token = answer.status, answer.headers.get("X-Subject-Token", "")
        except TimeoutError:
            raise LineUnavailable(f"no answer from {spec.auth_url}", f"it had {PATIENCE:g} s") from None
        except aiohttp.ClientError as error:
            raise LineUnavailable(f"{spec.auth_url} cannot be reached: {reason(error)}") from None
        if status == HTTPStatus.CREATED and token:
            self._refused = None
            return token
        if status == HTTPStatus.UNAUTHORIZED:
            who = f"{spec.username} in project {spec.project_name}"
            why, cure = f"{spec.auth_url} refuses {who}", f"is the password in {spec.password_file} good?"
            self._refused = now, why, cure
            raise LineUnavailable(why, cure)
        raise LineUnavailable(f"{spec.auth_url} answers {status} to our login", "is it a Keystone's URL?")

    def _credentials(self) -> dict[str, Any]:
        spec = self._spec
        password = first_line(spec.password_file or "", "password")
        user = {"name": spec.username, "domain": {"name": spec.user_domain_name}, "password": password}
        project = {"name": spec.project_name, "domain": {"name": spec.project_domain_name}}
        identity = {"methods": ["password"], "password": {"user": user}}
        return {"auth": {"identity": identity, "scope": {"project": project}}}


def first_line(path: str, what: str) -> str:
    """What is in a file of ours now: what was replaced counts with the next call. Raises LineUnavailable."""
    try:
        text = Path(path).read_text(encoding="utf-8").partition("\n")[0].removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise LineUnavailable(f"{path} cannot be read: {why}") from None
    if not text.strip():
        raise LineUnavailable(f"{path} is empty", f"its first line is the {what}")
    return text


def reason(error: aiohttp.ClientError) -> str:
    """Why a connection did not come about."""
    os_error = getattr(error, "os_error", None)
    certificate = refused_certificate(error, "`cacert` of the line")
    return certificate or getattr(os_error, "strerror", None) or type(error).__name__
