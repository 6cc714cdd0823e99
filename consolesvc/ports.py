"""The two ports: bound before anything else starts, served through the doorway, closed in order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from aiohttp import web

from consolesvc.config.access import Address, Tls
from consolesvc.config.model import Config
from consolesvc.errors import StartError, TlsUnusable
from consolesvc.http.doorway import Doorway
from consolesvc.http.hosts import known_hosts
from consolesvc.http.renewal import LOOK_EVERY, Renewal
from consolesvc.http.serving import Serving
from consolesvc.listeners import LocalSocket, bind, bind_local, bound

Inherited = Mapping[str, Sequence[socket.socket]]
"""Sockets that listen already, by the port that they are: `api` or `proxy`."""
Renewals = Mapping[Tls, Renewal]
LOCAL = "local"


class Ports:
    """The API's port and the proxy's, or one that is both (DESIGN 5.2), and the local socket (5.3).

    Args:
        config: `api`, `proxy`, `tls` and `limits`.
        local: Where the local socket is to be; None for nowhere.
        inherited: From who started this process; they are opened here where it has none.

    Attributes:
        api: Where the API is bound; with port 0 in the configuration, known after `bind`.
        proxy: Likewise.
        local: The local socket; None where there is none, and before `bind`.
        shared: Whether one port serves both. Port 0 is any free one, so that two of them are two ports.
        doorway: Where connections wait for their first request; its `limits` are replaced by a reload.
    """

    def __init__(self, config: Config, local: Path | None = None, inherited: Inherited | None = None) -> None:
        self.api = config.api.listen
        self.proxy = config.proxy.listen
        self.local: LocalSocket | None = None
        self.shared = config.shared
        self.doorway = Doorway(config.limits)
        self._config = config
        self._local_path = local
        self._inherited = {name: list(sockets) for name, sockets in (inherited or {}).items()}
        self._sockets: dict[str, list[socket.socket]] = {}
        self._servings: dict[str, Serving] = {}
        self._renewals: Renewals = {}
        self._look: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Ports api {self.api} proxy {self.proxy}>"

    @property
    def serving(self) -> bool:
        """Whether requests are, or were, answered."""
        return bool(self._servings)

    @property
    def secure(self) -> frozenset[str]:
        """Which of `api` and `proxy` speak TLS."""
        return frozenset(name for name in ("api", "proxy") if self._tls(name) is not None)

    @property
    def renewals(self) -> Sequence[Renewal]:
        """What TLS is spoken with; one where both ports have the same."""
        return tuple(self._renewals.values())

    @property
    def trouble(self) -> str | None:
        """What is wrong with the files of TLS; None where all is well."""
        return "\n".join(renewal.trouble for renewal in self._renewals.values() if renewal.trouble) or None

    def bind(self) -> None:
        """Take the ports; raises StartError, and holds none then."""
        try:
            self._renewals = self.renewed(self._config)
            for name, address in (("api", self.api), ("proxy", self.proxy)):
                if not (name == "proxy" and self.shared):
                    self._sockets[name] = self._inherited.pop(name, []) or bind(name, address)
            self.local = None if self._local_path is None else bind_local(self._local_path)
        except TlsUnusable as error:
            self.release()
            raise StartError(str(error)) from None
        except Exception:
            self.release()
            raise
        self.api = bound(self.api, self._sockets["api"])
        self.proxy = bound(self.proxy, self._sockets["api" if self.shared else "proxy"])

    def release(self) -> None:
        """Give back ports that are not served."""
        for sockets in (*self._sockets.values(), *self._inherited.values()):
            for sock in sockets:
                sock.close()
        if self.local is not None:
            self.local.close()

    def renewed(self, config: Config) -> Renewals:
        """What this configuration speaks TLS with: what is there already, or made now; raises TlsUnusable."""
        wanted = {config.tls_of(port) for port in (config.api, config.proxy)} - {None}
        return {tls: self._renewals.get(tls) or Renewal(tls) for tls in wanted if tls is not None}

    async def serve(self, api: web.Application, proxy: web.Application, local: web.Application) -> None:
        """Answer requests: the API's, the proxy's where that has a port of its own, and the local socket's."""
        config = self._config
        for name, app in (("api", api), ("proxy", proxy)):
            if name in self._sockets:
                prefix = config.api.prefix if name == "api" else ""
                serving = Serving(name, self._sockets[name], self.doorway, config.limits, prefix=prefix)
                self._servings[name] = serving
                await serving.start(app, self._renewal(name))
        if self.local is not None:
            self._servings[LOCAL] = Serving(LOCAL, [self.local.sock], self.doorway, config.limits)
            await self._servings[LOCAL].start(local, None)
        self._look = asyncio.get_running_loop().call_later(LOOK_EVERY, self._look_at_files)

    async def go_over(self, config: Config, renewals: Renewals) -> None:
        """Go over to another configuration's TLS, with what `renewed` made of it, and prefix; sockets stay."""
        self._config, self._renewals = config, renewals
        for name in self._servings.keys() - {LOCAL}:
            serving = self._servings[name]
            serving.prefix = config.api.prefix if name == "api" else ""
            await serving.speak(self._renewal(name))

    def close(self) -> None:
        """Take no more connections."""
        if self._look is not None:
            self._look.cancel()
        for serving in self._servings.values():
            serving.close()
        if self.local is not None:
            self.local.close()
        self.doorway.close()

    async def cleanup(self) -> None:
        """End what is still being answered. Idempotent."""
        for serving in self._servings.values():
            await serving.cleanup()

    async def listen(self, what: str, address: Address, app: web.Application) -> Aside:
        """Serve an application on a port of its own, beside the two, without TLS.

        Args:
            what: The configuration's section, for the error.
            address: Where.
            app: What is answered there.

        Raises:
            StartError: the port cannot be had.
        """
        sockets = bind(what, address)
        serving = Serving(what, sockets, self.doorway, self._config.limits)
        await serving.start(app, None)
        return Aside(bound(address, sockets), serving)

    def _tls(self, name: str) -> Tls | None:
        # Whatever a reload says: what is one port stays one until a restart.
        port = self._config.api if name == "api" or self.shared else self._config.proxy
        return self._config.tls_of(port)

    def _renewal(self, name: str) -> Renewal | None:
        tls = self._tls(name)
        return None if tls is None else self._renewals[tls]

    def _look_at_files(self) -> None:
        for renewal in self._renewals.values():
            renewal.look()
        self._look = asyncio.get_running_loop().call_later(LOOK_EVERY, self._look_at_files)


class Aside:
    """A port beside the two, while it is served.

    Args:
        address: Where it is bound.
        serving: Answers there.
    """

    def __init__(self, address: Address, serving: Serving) -> None:
        self.address = address
        self._serving = serving

    def __repr__(self) -> str:
        return f"<Aside {self.address}>"

    async def close(self) -> None:
        """Serve it no more."""
        self._serving.close()
        await self._serving.cleanup()


def names_of(config: Config) -> frozenset[str]:
    """The names by which clients may call this service, besides IP literals and localhost (DESIGN 5.3)."""
    ports = (config.api.listen, config.proxy.listen, config.metrics.listen)
    hosts = [port.host for port in ports if port is not None]
    return known_hosts(hosts, config.proxy.base_url, config.api.allowed_hosts)
