"""How a hub finds a host's console and gets in, and what is said where it cannot."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from pathlib import Path

from aiohttp import web

from consolesvc.config.access import IdentityStatic, Tls
from consolesvc.config.linespec import RemoteSpec
from consolesvc.config.servers import default_id
from tests.certificates import Authority
from tests.identity.world import PASSWORD, write_users
from tests.lines.devices import eventually
from tests.lines.remote.lab import TOKEN, Lab, Relay, everything, why


async def test_a_token_of_ours_and_none(lab: Lab) -> None:
    """The first line of token_file, read anew each time; what the host says of none is told with its cure."""
    tokens, ours = lab.folder / "tokens.yaml", lab.folder / "token"
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    tokens.write_text(f"tokens:\n  - {{sha256: {digest}, user: hub, project_id: {'a' * 32}, roles: [admin]}}\n")
    lab.identity, lab.token_file = IdentityStatic(str(tokens)), str(ours)
    ours.write_text("wrong\n")
    await lab.start_host()
    await lab.start_hub()
    await eventually(lambda: "does not let us in" in lab.here.reconnecting.why)
    assert f"the token in {ours} is not known there" in lab.here.reconnecting.why
    ours.write_text(f"{TOKEN}\n")
    lab.here.reconnecting.retry()
    await lab.said(b"in")
    await lab.followed()
    assert TOKEN not in repr(lab.here.reconnecting.opener.spec)


async def test_a_host_whose_proxy_moved_is_found_by_its_api(lab: Lab) -> None:
    """At the old address nobody answers, or another service does: only the secret is lost by that, no byte."""
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"one|")
    await lab.followed()
    silent = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1", 0)
    elsewhere = [silent.sockets[0].getsockname()[1], lab.api.port]
    for number, target in enumerate(elsewhere):
        old = lab.proxy
        await lab.stop_host()
        await eventually(lambda: not lab.here.connected)
        lab.proxy = Relay()
        await lab.proxy.start()
        await lab.start_host()
        old.target = target
        lab.here.reconnecting.retry()
        await lab.said(b"%d|" % number)
        await lab.followed()
        await old.close()
    assert await everything(lab.here, 0) == b"one|0|1|"
    silent.close()


async def test_a_server_that_has_another_id_there_is_found_by_its_name(lab: Lab) -> None:
    """The way back is refused, as the old one's rights are over."""
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"one|")
    await lab.followed()
    assert lab.host is not None
    config = lab.host.config
    moved = dataclasses.replace(config.servers[0], id=default_id("another"))
    for relay in (lab.api, lab.proxy):
        relay.cut()
    await lab.host.reload(dataclasses.replace(config, servers=(moved,)))
    for relay in (lab.api, lab.proxy):
        relay.mend()
    lab.here.reconnecting.retry()
    console = lab.host.inventory.get(moved.id).console
    await lab.device.say(b"two|")
    await eventually(lambda: console.ring.end == 8, 10)
    await eventually(lambda: lab.here.ring.end == 8, 10)
    assert await everything(lab.here, 0) == b"one|two|"


async def test_what_is_wrong_with_the_websockets_address_is_not_said_of_the_api(lab: Lab) -> None:
    """The API answers; where it sends us nobody does."""
    await lab.start_host()
    lab.proxy.cut()
    said = await why(RemoteSpec(f"http://127.0.0.1:{lab.api.port}", "node"))
    assert said.startswith(f"its console URL leads to ws://127.0.0.1:{lab.proxy.port}/: ")
    assert said.endswith(f": set proxy.base_url at http://127.0.0.1:{lab.api.port}")


async def test_a_host_with_users_and_a_ca_of_the_labs_own(lab: Lab) -> None:
    """TLS by `cacert`, a certificate of ours by `cert`, a login at the host's own Keystone, renewed once forgotten."""
    ca = Authority(lab.folder)
    server, ours = ca.issue("host"), ca.issue("hub")
    lab.tls = Tls(server.cert, server.key, client_ca=ca.cert)
    lab.identity = write_users(lab.folder, hub={"lab": ["admin"]})
    password = lab.folder / "password"
    password.write_text("wrong\n")
    await lab.start_host()
    await lab.start_hub()
    url = f"https://127.0.0.1:{lab.api.port}"
    await eventually(lambda: "its certificate is not trusted" in lab.here.reconnecting.why)
    assert "`cacert` of the line names the CA" in lab.here.reconnecting.why
    await lab.stop_hub()
    login = {"auth_url": f"{url}/identity/v3", "username": "hub", "password_file": str(password), "project_name": "lab"}
    lab.keys = {"cacert": str(ca.cert), "cert": str(ours.cert), "key": str(ours.key), **login}
    await lab.start_hub()
    await eventually(lambda: "refuses hub in project lab" in lab.here.reconnecting.why)
    assert f"is the password in {password} good?" in lab.here.reconnecting.why
    password.write_text(f"{PASSWORD}\n")
    await eventually(lambda: lab.here.connected, 15)
    await lab.said(b"one|")
    await lab.followed()
    # Its builtin tokens end with it, and so does the secret, which it is told to forget.
    await lab.stop_host()
    await eventually(lambda: not lab.here.connected)
    for kept in (lab.folder / "host-state").glob("*.json"):
        kept.unlink()
    await lab.start_host()
    await lab.said(b"two|")
    await lab.followed()
    assert await everything(lab.here, 0) == b"one|two|"


async def test_files_for_tls_that_are_none(lab: Lab, tmp_path: Path) -> None:
    """Said with their names, at the line that has them."""
    await lab.start_host()
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("none")
    url = f"http://127.0.0.1:{lab.api.port}"
    assert await why(RemoteSpec(url, "node", cacert=str(nonsense))) == (
        f"cacert: {nonsense}: no certificate or crl found: a CA's certificate in PEM is expected"
    )
    assert f"cert: {nonsense}: " in await why(RemoteSpec(url, "node", cert=str(nonsense)))
    gone = tmp_path / "gone"
    spec = RemoteSpec(url, "node", auth_url=f"{url}/v3", username="u", password_file=str(gone), project_name="p")
    assert await why(spec) == f"{gone} cannot be read: No such file or directory"
    gone.write_text("x")
    assert "answers 404 to our login: is it a Keystone's URL?" in await why(spec)


async def test_what_is_no_console_there_is_said(lab: Lab) -> None:
    """Another name, and a port behind which no consolesvc is."""
    await lab.start_host()
    spec = RemoteSpec(f"http://127.0.0.1:{lab.api.port}", "nobody")
    assert "nobody is no console of http" in await why(spec)
    assert lab.host is not None
    spec = RemoteSpec(f"http://127.0.0.1:{lab.host.ports.proxy.port}", "node")
    assert "node is no console of http" in await why(spec)
    lab.api.cut()
    assert "cannot be reached" in await why(RemoteSpec(f"http://127.0.0.1:{lab.api.port}", "node"))


async def test_a_service_that_is_another_version_is_told() -> None:
    """A websocket that does not speak our protocol, and one whose hello lacks what ours has."""

    async def console(_request: web.Request) -> web.Response:
        return web.json_response({"console": {"id": "1"}})

    async def action(_request: web.Request) -> web.Response:
        return web.json_response({"console": {"url": f"ws://127.0.0.1:{port}/?token=x"}})

    async def websocket(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(protocols=("consolesvc.v1",) if hello else ())
        await ws.prepare(request)
        if hello:
            await ws.send_str(hello)
        async for _ in ws:
            pass
        return ws

    hello, port = "", 0
    app = web.Application()
    app.router.add_get("/console/v1/consoles/node", console)
    app.router.add_post("/v2.1/servers/1/action", action)
    app.router.add_get("/", websocket)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    spec = RemoteSpec(f"http://127.0.0.1:{port}", "node")
    assert "does not speak consolesvc.v1" in await why(spec)
    hello = '{"type": "hello", "version": 2}'
    assert "does not speak our consolesvc.v1: KeyError: 'line'" in await why(spec)
    await runner.cleanup()
