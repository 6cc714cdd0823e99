"""The metrics of a running service: each number follows what happens."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.linespec import CommandSpec, Rfc2217Spec
from consolesvc.config.model import Emulator
from consolesvc.config.server import ServerConfig
from consolesvc.console.viewer import Viewer
from consolesvc.lines.telnet import COM_PORT, DO, IAC, subnegotiation
from consolesvc.metrics import consoles
from consolesvc.metrics.consoles import MADE, Reading
from consolesvc.metrics.scrape import EVERYTHING
from tests.lines.devices import eventually
from tests.lines.peers import HOST, peer
from tests.metrics.samples import needs_promtool, promtool, read, samples, text, value
from tests.proxy.world import BASE, NODE, World, received, serving, world
from tests.web.world import with_log

pytestmark = pytest.mark.usefixtures("fresh")
PROJECT = BASE.defaults.project_id


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path)) as made:
        yield made


async def of_node(lab: World, name: str, **labels: str) -> float | None:
    return value(await samples(lab), f"consolesvc_{name}", console="node", project=PROJECT, **labels)


async def test_bytes_viewers_and_the_log_are_counted(lab: World) -> None:
    """What the machine said and was sent, what lies in memory and on disk, who looks on."""
    assert await of_node(lab, "output_age_seconds") is None
    await lab.said(b"hello\r\n")
    async with await lab.attach() as ws:
        await received(ws, 7)
        await ws.send_bytes(b"abc")
        await lab.device.heard(3)
        await lab.flushed()
        seen = await samples(lab)
        found = {
            name: value(seen, f"consolesvc_{name}", console="node")
            for name in ("output_bytes_total", "input_bytes_total", "viewers", "viewer_lag_bytes", "ring_bytes")
        }
        assert found == {
            "output_bytes_total": 7,
            "input_bytes_total": 3,
            "viewers": 1,
            "viewer_lag_bytes": 0,
            "ring_bytes": 7,
        }
        assert value(seen, "consolesvc_log_written_bytes_total", console="node") == 7
        assert value(seen, "consolesvc_log_lost_bytes_total", console="node") == 0
        assert value(seen, "consolesvc_log_failing", console="node") == 0
        age = value(seen, "consolesvc_output_age_seconds", console="node")
        assert age is not None
        assert 0 <= age < 5
        assert value(seen, "consolesvc_sessions", protocol="raw") == 1
        assert value(seen, "consolesvc_tokens") == 1
    await eventually(lambda: not lab.console.viewers)
    seen = await samples(lab)
    assert (value(seen, "consolesvc_viewers"), value(seen, "consolesvc_sessions", protocol="raw")) == (0, 0)
    assert value(seen, "consolesvc_sessions_total") == 1


async def test_a_line_that_is_lost_and_back(lab: World) -> None:
    """One state at a time; input meanwhile is refused and counted; coming back is counted."""
    assert await of_node(lab, "line_state", state="connected") == 1
    async with await lab.attach() as ws:
        lab.device.pull()
        await eventually(lambda: not lab.console.connected)
        await ws.send_bytes(b"in vain")
        await eventually(lambda: lab.console.refused)
        seen = await samples(lab)
        states = {dict(labels)["state"] for (name, labels) in seen if name == "consolesvc_line_state"}
        assert states == {"waiting"}
        assert value(seen, "consolesvc_line_connected", console="node") == 0
        assert value(seen, "consolesvc_input_refused_bytes_total", console="node") == 7
        assert value(seen, "consolesvc_line_reopens_total", console="node") == 0
        lab.device.plug()
        await eventually(lambda: lab.console.connected)
        assert await of_node(lab, "line_reopens_total") == 1
        assert await of_node(lab, "line_connected") == 1


async def test_a_line_that_is_tried_in_vain_is_never_connected() -> None:
    """Whatever each scrape finds it at: `opening` for as long as a try takes, `waiting` in between."""
    spec = CommandSpec(argv=("/no/such/program",), before=(("sleep", "0.3"),))
    config = dataclasses.replace(BASE, servers=(ServerConfig(NODE, "node", PROJECT, spec),))
    async with serving(config) as service:
        line = service.inventory.get(NODE).console.reconnecting
        found: set[float | None] = set()
        states: set[str] = set()
        async with asyncio.timeout(20):
            while states != {"opening", "waiting"}:
                states.add(line.state)
                seen = read((await service.seen.scrape.text(EVERYTHING, lambda _: True)).decode())
                found.add(value(seen, "consolesvc_line_connected", console="node"))
        assert found == {0}


async def test_a_slow_viewer_is_a_number_and_so_is_what_it_missed(tmp_path: Path) -> None:
    """Its lag while it does not read; the bytes it could not have once it does."""
    async with world(tmp_path, ring=64 * 1024) as lab:
        viewer = Viewer(lab.console, 0)
        await lab.said(bytes(1000))
        assert await of_node(lab, "viewer_lag_bytes") == 1000
        viewer.hold.left_behind = 0.0  # it may not hold the line: a dead client
        await lab.said(bytes(200_000))
        await viewer.next()
        assert await of_node(lab, "gaps_total") == 1
        assert await of_node(lab, "missed_bytes_total") == viewer.lost > 0
        viewer.detach()


async def test_a_failing_log_is_a_number(lab: World, tmp_path: Path) -> None:
    """While the folder is away the log fails; what was lost by then stays counted."""
    lab.service.reopen_logs()
    shutil.rmtree(tmp_path / "logs")
    (tmp_path / "logs").write_text("no folder")
    await lab.said(b"lost")
    await eventually(lambda: lab.console.log.failing)
    assert await of_node(lab, "log_failing") == 1


async def test_errors_on_the_wire_are_those_of_the_line() -> None:
    """A terminal server's notices, by kind; a line that counts none has no samples."""
    async with peer() as server:
        spec = Rfc2217Spec(HOST, server.port)
        service_config = dataclasses.replace(BASE, servers=(ServerConfig(NODE, "node", PROJECT, spec),))
        async with serving(service_config) as service:
            (await server.connected()).write(bytes((IAC, DO, COM_PORT)))
            console = service.inventory.get(NODE).console
            await eventually(lambda: console.connected)
            # RFC 2217's NOTIFY-LINESTATE: a framing error and a break, then an overrun.
            server.writers[-1].write(subnegotiation(COM_PORT, bytes((106, 8 | 16))))
            server.writers[-1].write(subnegotiation(COM_PORT, bytes((106, 2))))
            await eventually(lambda: console.reconnecting.line.counters().overrun)  # type: ignore[union-attr]  # open
            seen = read((await service.seen.scrape.text(EVERYTHING, lambda _: True)).decode())
            kinds = {kind: value(seen, "consolesvc_line_errors_total", kind=kind) for kind in consoles.ERRORS.values()}
            assert kinds == {"frame": 1, "break": 1, "overrun": 1, "parity": 0, "buffer_overrun": None}


async def test_fakes_made_over_the_api_are_one_console(tmp_path: Path) -> None:
    """Whatever they are called they have one label; what they said stays counted when they are gone."""
    async with world(tmp_path, dataclasses.replace(BASE, emulator=Emulator(allow_create=True))) as lab:
        ids = [await made(lab, name) for name in ('evil"name', "other")]
        for server_id in ids:
            console = lab.service.inventory.get(server_id).console
            await eventually(lambda console=console: console.connected)
            console.received(b"12345")
        seen = await samples(lab)
        labels = {dict(labels)["console"] for (name, labels) in seen if name == "consolesvc_output_bytes_total"}
        assert labels == {"node", MADE}
        said = value(seen, "consolesvc_output_bytes_total", console=MADE)
        assert said is not None
        assert said >= 10
        assert value(seen, "consolesvc_line_state", console=MADE, state="connected") == 2
        for server_id in ids:
            async with lab.http.delete(f"{lab.api}/v2.1/servers/{server_id}") as answer:
                assert answer.status == 204
        seen = await samples(lab)
        after = value(seen, "consolesvc_output_bytes_total", console=MADE)
        assert after is not None
        assert after >= said
        assert value(seen, "consolesvc_viewers", console=MADE) == 0
        assert value(seen, "consolesvc_line_state", console=MADE) is None


async def made(lab: World, name: str) -> str:
    order = {"server": {"name": name, "imageRef": "echo", "flavorRef": "1"}}
    async with lab.http.post(f"{lab.api}/v2.1/servers", json=order) as answer:
        assert answer.status == 202, await answer.text()
        return str((await answer.json())["server"]["id"])


async def test_requests_and_refusals_are_counted(lab: World) -> None:
    """By status class; by why a client was refused, in words of a small set."""
    async with lab.http.get(f"{lab.api}/console/v1/consoles/nobody") as answer:
        assert answer.status == 404
    url = (await lab.url()).partition("?")[0]
    headers = {"Origin": "http://127.0.0.1"}
    for query in ("", "?token=x", "?resume=x"):
        await (await lab.http.ws_connect(url + query, headers=headers)).close()
    await (await lab.http.ws_connect(url, headers={"Origin": "http://evil.example"})).close()
    used = await lab.url()
    lab.clock.now += 10_000
    await (await lab.http.ws_connect(used, headers=headers)).close()
    seen = await samples(lab)
    assert value(seen, "consolesvc_http_requests_total", **{"class": "4xx"}) == 1
    ok = value(seen, "consolesvc_http_requests_total", **{"class": "2xx"})
    assert ok is not None
    assert ok >= 2
    reasons = {
        dict(labels)["reason"]: each for (name, labels), each in seen.items() if name == "consolesvc_refusals_total"
    }
    assert reasons == {
        "token-missing": 1,
        "token-unknown": 1,
        "token-expired": 1,
        "resume-unknown": 1,
        "origin": 1,
    }


async def test_the_process_says_what_it_takes(lab: World) -> None:
    """Memory, time and descriptors by the usual names, and what is running."""
    seen = await samples(lab)
    open_now = value(seen, "process_open_fds")
    assert open_now is not None
    assert 0 < open_now == pytest.approx(len(os.listdir("/proc/self/fd")), abs=10)  # noqa: PTH208 - only counted
    for name in ("resident_memory_bytes", "virtual_memory_bytes", "cpu_seconds_total", "max_fds", "start_time_seconds"):
        found = value(seen, f"process_{name}")
        assert found is not None
        assert found > 0, name
    assert value(seen, "consolesvc_build_info", loop="asyncio") == 1
    assert lab.service.logs is not None
    size = shutil.disk_usage(lab.service.logs.path).total
    assert value(seen, "consolesvc_log_disk_size_bytes") == pytest.approx(size)


async def test_what_became_of_the_configuration(lab: World) -> None:
    """A reload that was taken, one that was refused, and that the old one still holds."""
    await lab.service.reload(lab.service.config)
    lab.service.seen.refused("lab.yaml:3: servers: …")
    seen = await samples(lab)
    assert value(seen, "consolesvc_config_reloads_total", result="taken") == 1
    assert value(seen, "consolesvc_config_reloads_total", result="refused") == 1
    assert value(seen, "consolesvc_config_refused") == 1
    await lab.service.reload(lab.service.config)
    assert value(await samples(lab), "consolesvc_config_refused") == 0


@needs_promtool
async def test_promtool_finds_nothing_wrong(lab: World) -> None:
    """A real scrape, with a console in every state of its life, is as Prometheus wants it."""
    await lab.said(b"x")
    promtool("check", "metrics", text=await text(lab))


async def test_no_console_has_more_series_than_promised(lab: World) -> None:
    """The number that the README gives is a bound: 14 families, one state, five kinds of errors."""
    await lab.said(b"x")
    own = [labels for _, labels in await samples(lab) if ("console", "node") in labels]
    assert len(own) == len(consoles.FAMILIES) + 1
    assert len(consoles.FAMILIES) + 1 + len(consoles.ERRORS) == consoles.SERIES
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert f"{consoles.SERIES} series a console" in readme


def test_readings_add_up() -> None:
    """Sums, but for the youngest output, the slowest viewer and any failing disk; what nobody has stays unknown."""
    one = Reading(out=1, age=5.0, lag=7, logged=3, log_failing=False)
    one.states["connected"] += 1
    two = Reading(out=10, age=2.0, lag=4, log_failing=True)
    two.states["waiting"] += 1
    one.add(two)
    assert one == Reading(
        out=11, age=2.0, lag=7, logged=3, log_failing=True, states=type(one.states)(connected=1, waiting=1)
    )
    nothing = Reading()
    nothing.add(Reading())
    assert nothing == Reading()
    assert one.past() == Reading(out=11, logged=3)
