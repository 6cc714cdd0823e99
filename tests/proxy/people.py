"""People at one console: clients of both kinds, by tokens of their own users, that keep what they are told."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from tests.proxy.world import NODE, World

NOTICE = b"\r\n[consolesvc: "
PATIENCE = 5.0


class Person:
    """Somebody with a terminal; `answers` is what it types by itself when it is asked where its cursor is.

    Attributes:
        data: Output so far, without notices.
        notices: What a raw client was told in words.
        told: What one of `consolesvc.v1` was told, the hello first.
        closed: Close code and reason, once it is ended.
    """

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, answers: bytes = b"") -> None:
        self.ws = ws
        self.answers = answers
        self.data = b""
        self.notices: list[str] = []
        self.told: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None

    @property
    def id(self) -> str:
        """Of their session; v1 alone knows it."""
        return str(self.told[0]["session"])

    def last(self, kind: str) -> dict[str, Any]:
        """The last message of a type."""
        return next(said for said in reversed(self.told) if said["type"] == kind)

    @property
    def input(self) -> dict[str, Any]:
        """How the input stands, as far as they know."""
        return next(
            said["input"] if said["type"] == "hello" else said
            for said in reversed(self.told)
            if "input" in said or said["type"] == "input"
        )

    async def type(self, data: bytes) -> None:
        """Send keys."""
        await self.ws.send_bytes(data)

    async def ask(self, verb: str, **more: object) -> None:
        """Send a control message."""
        await self.ws.send_str(json.dumps({"type": verb, **more}))

    async def one(self) -> None:
        """Take one message."""
        message = await self.ws.receive(PATIENCE)
        if message.type is aiohttp.WSMsgType.BINARY:
            await self._shown(message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            self.told.append(json.loads(message.data))
        else:
            assert message.type is aiohttp.WSMsgType.CLOSE, message
            self.closed = int(message.data), str(message.extra)

    async def _shown(self, data: bytes) -> None:
        if data.startswith(NOTICE):
            self.notices.append(data[len(NOTICE) : -len(b"]\r\n")].decode("ascii"))
            return
        self.data += data
        for _ in range(data.count(b"\x1b[6n") if self.answers else 0):
            await self.type(self.answers)

    async def reads(self, data: bytes) -> None:
        """Until output ends so."""
        while not self.data.endswith(data):
            await self.one()

    async def hears(self, *words: str) -> str:
        """Until a notice or a message has all of these words; all of it."""
        while True:
            heard = [*self.notices, *(str(said.get("text", "")) for said in self.told)]
            for text in heard:
                if all(word in text for word in words):
                    return text
            await self.one()

    async def sees(self, **expected: object) -> None:
        """Until the input stands so."""
        while any(self.input[key] != value for key, value in expected.items()):
            await self.one()

    async def ended(self) -> tuple[int, str]:
        """Until the session is ended; by which code, and why."""
        while self.closed is None:
            await self.one()
        return self.closed


async def person(
    lab: World, user: str, protocol: str = "consolesvc.v1", *, answers: bytes = b"", query: str = "", **grant: Any
) -> Person:
    """Somebody who is attached; `grant` as `TokenStore.issue` takes it."""
    token = await lab.service.tokens.issue(NODE, user=user, **grant)
    url = f"http://{lab.service.ports.proxy}/?token={token}{query}"
    protocols = (protocol,) if protocol else ()
    made = Person(await lab.http.ws_connect(url, protocols=protocols, max_msg_size=0), answers)
    if protocol == "consolesvc.v1":
        await made.one()
    return made
