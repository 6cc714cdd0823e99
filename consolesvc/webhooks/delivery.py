"""The delivery of an event to a webhook: one POST of JSON, signed where there is a secret. aiohttp's errors end here.

Console-Event: panic
Console-Delivery: 19a3f0c2b11-42        the event's id: the same one twice is the same event
Console-Signature: sha256=<hex>         HMAC-SHA256 of the body, with the secret as its key

The body says the first two as well, as `event` and `delivery`, and when it was `sent`: what is signed is the body
alone, and a copy of it that somebody sends later or under another id is known by these.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from consolesvc import __version__
from consolesvc.config.telling import Webhook
from consolesvc.config.webhooks import secret
from consolesvc.feed import Item
from consolesvc.lines.thread import in_thread
from consolesvc.log.index import timestamp
from consolesvc.webhooks.hook import Refused, Undelivered

TIMEOUT = 10.0
"""Seconds for one delivery."""
CONNECTIONS = 16
"""Deliveries under way at once."""
BUSY = frozenset((HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS))
"""What a receiver says that will take it later; so it will with any 5xx."""


class Deliverer:
    """Delivers to any webhook."""

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"<Deliverer {'idle' if self._session is None else 'ready'}>"

    async def close(self) -> None:
        """Close its connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def deliver(self, hook: Webhook, item: Item) -> None:
        """Deliver an event; raises Undelivered, or Refused."""
        body = json.dumps({"delivery": item.id, "sent": timestamp(time.time()), **item.document()}).encode()
        headers = {"Content-Type": "application/json", "Console-Event": item.event, "Console-Delivery": item.id}
        if hook.secret_file is not None:
            headers["Console-Signature"] = f"sha256={_signature(Path(hook.secret_file), body)}"
        try:
            # A redirect would carry what is said on consoles to wherever it points.
            async with self._client().post(hook.url, data=body, headers=headers, allow_redirects=False) as answer:
                _judge(answer.status)
        except TimeoutError:
            raise Undelivered(f"no answer in {self._timeout:g} s") from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise Undelivered(f"its certificate is not good: {error.certificate_error}") from None
        except aiohttp.ClientConnectorError as error:
            raise Undelivered(f"cannot connect: {error.os_error.strerror or error.os_error}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Their texts may have the URL in them, and with it a secret.
            raise Undelivered(f"no answer: {type(error).__name__}") from None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            # No cookies, no proxy of the environment.
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, resolver=_Resolver()),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"consolesvc/{__version__}"},
            )
        return self._session


def _judge(status: int) -> None:
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in BUSY:
        raise Undelivered(f"it answers {status}")
    redirect = " (no redirect is followed)" if status < HTTPStatus.BAD_REQUEST else ""
    raise Refused(f"it answers {status}{redirect}")


def _signature(path: Path, body: bytes) -> str:
    """The secret is read each time: a new one counts at once."""
    try:
        return hmac.new(secret(path), body, hashlib.sha256).hexdigest()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Undelivered(f"its secret cannot be read: {path}: {reason}") from None


class _Resolver(AbstractResolver):
    """Looks names up in threads of their own: asyncio has six, and a few dead name servers fill them."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        look_up = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        found: list[Any] = await in_thread(f"resolve {host}", look_up, lambda _: None)
        return [
            ResolveResult(
                hostname=host, host=where[0], port=where[1], family=kind, proto=proto, flags=socket.AI_NUMERICHOST
            )
            for kind, _, proto, _, where in found
        ]

    async def close(self) -> None:
        """Nothing is held."""
