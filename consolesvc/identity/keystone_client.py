"""Keystone's two calls that validation takes, over HTTP (reference ecosystem, section 4).

POST /auth/tokens gives our own token; GET /auth/tokens says whose another one is. aiohttp's errors end here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from consolesvc.config.access import IdentityKeystone
from consolesvc.identity.seam import TOKEN_HEADER

SUBJECT_HEADER = "X-Subject-Token"
TIMEOUT = 8.0
"""Seconds for one call. Two of them, with a new token of ours between, stay below what clients wait."""
CONNECTIONS = 16
"""Calls under way at once."""
LARGEST_ANSWER = 256 * 1024


class KeystoneUnavailable(Exception):
    """Keystone gives no answer that says anything about a token; the message is for the log."""


class LoginRefused(KeystoneUnavailable):
    """Keystone does not let us in with our password."""


class OwnTokenRefused(Exception):
    """Keystone does not know our own token any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: its status, its X-Subject-Token, and its JSON, None where it has none."""

    status: int
    token: str
    body: Any


class KeystoneClient:
    """Speaks to one Keystone.

    Args:
        config: Where it is and who we are there.
        timeout: Seconds for one call.
    """

    def __init__(self, config: IdentityKeystone, *, timeout: float = TIMEOUT) -> None:
        self._config = config
        self._url = f"{config.auth_url}/auth/tokens"
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"<KeystoneClient {self._config.auth_url}>"

    async def close(self) -> None:
        """Close its connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def own_token(self) -> str:
        """A fresh token of ours. The password is read each time: a new one counts at once."""
        answer = await self._call("POST", {}, self._credentials())
        if answer.status == HTTPStatus.CREATED and answer.token:
            return answer.token
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise LoginRefused(
                f"it refuses our own user {self._config.username!r} in project {self._config.project_name!r}: "
                f"look at `identity` in the configuration, and at {self._config.password_file}"
            )
        raise KeystoneUnavailable(f"it answers {answer.status} to our own login")

    async def validate(self, own: str, token: str) -> dict[str, Any] | None:
        """What a token stands for: Keystone's `token` document; None for one that is not good.

        Raises:
            OwnTokenRefused: ask again with a fresh token of ours.
            KeystoneUnavailable: it could not be asked.
        """
        answer = await self._call("GET", {TOKEN_HEADER: own, SUBJECT_HEADER: token}, None)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise OwnTokenRefused
        if answer.status == HTTPStatus.FORBIDDEN:
            raise KeystoneUnavailable(
                f"our user {self._config.username!r} may not validate tokens: give it the role service or admin"
            )
        found = answer.body.get("token") if isinstance(answer.body, dict) else None
        if answer.status != HTTPStatus.OK or not isinstance(found, dict):
            raise KeystoneUnavailable(f"it answers {answer.status}, and says nothing about a token")
        return found

    async def _call(self, method: str, headers: dict[str, str], body: object) -> Answer:
        if self._session is None:
            # A session of its own: no cookies, no proxy of the environment, and a lab's dead peers are given up soon.
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            # A redirect would carry our token to wherever it points.
            async with self._session.request(
                method, self._url, params={"nocatalog": ""}, headers=headers, json=body, allow_redirects=False
            ) as answer:
                data = await answer.content.read(LARGEST_ANSWER + 1)
                while len(data) <= LARGEST_ANSWER and (more := await answer.content.read(LARGEST_ANSWER)):
                    data += more
                return Answer(answer.status, answer.headers.get(SUBJECT_HEADER, ""), _json(data))
        except TimeoutError:
            raise KeystoneUnavailable(f"no answer in {self._timeout:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise KeystoneUnavailable(str(error) or type(error).__name__) from None

    def _credentials(self) -> dict[str, Any]:
        config = self._config
        user = {"name": config.username, "domain": {"name": config.user_domain_name}, "password": self._password()}
        project = {"name": config.project_name, "domain": {"name": config.project_domain_name}}
        identity = {"methods": ["password"], "password": {"user": user}}
        return {"auth": {"identity": identity, "scope": {"project": project}}}

    def _password(self) -> str:
        path = Path(self._config.password_file)
        try:
            return path.read_text(encoding="utf-8").partition("\n")[0].removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise KeystoneUnavailable(f"our password cannot be read: {path}: {reason}") from None


def _json(data: bytes) -> Any:
    try:
        return json.loads(data) if len(data) <= LARGEST_ANSWER else None
    except (ValueError, RecursionError):
        return None
