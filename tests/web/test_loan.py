"""`POST …/{id}/down` and `/up`: a port is lent, taken back by itself or by hand, and everybody can see to whom."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.lines.devices import eventually
from tests.proxy.world import World, world
from tests.web.world import call, refusal, with_fake


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def line(lab: World) -> dict[str, Any]:
    """The line as the API shows it."""
    return dict((await call(lab, "GET", "node"))[1]["console"]["line"])


async def test_a_loan_ends_by_itself(lab: World) -> None:
    """Lent for a while, said to whom and until when; then the line is open again."""
    status, document = await call(lab, "POST", "node/down", json={"seconds": 0.6, "who": "alice@laptop"})
    loan = document["loan"]
    assert status == 200
    assert (loan["user"], loan["who"], loan["device"]) == ("admin", "alice@laptop", str(lab.device.path))
    since, until = (datetime.fromisoformat(loan[key]).timestamp() for key in ("since", "until"))
    assert until - since == pytest.approx(0.6, abs=0.001)
    shown = await line(lab)
    assert (shown["state"], shown["loan"]) == ("lent", loan)
    assert shown["why"].startswith("lent until ")
    assert not lab.console.connected
    await eventually(lambda: lab.console.connected, patience=2)
    assert (await line(lab))["loan"] is None


async def test_taken_back_by_hand(lab: World) -> None:
    """`up` ends it at once; where there is none it does nothing, and says so."""
    assert (await call(lab, "POST", "node/down", json={"seconds": 0}))[1]["loan"]["until"] is None
    status, document = await call(lab, "POST", "node/up")
    assert (status, document["was_lent"]) == (200, True)
    await eventually(lambda: lab.console.connected, patience=1)
    assert (await call(lab, "POST", "node/up", json={}))[1] == {"was_lent": False, "line": {"state": "connected"}}


async def test_the_last_loan_counts(lab: World) -> None:
    """Whoever asks later has it, for the time they said: ten minutes where they said none."""
    await call(lab, "POST", "node/down", json={"seconds": 0.2, "who": "first"})
    loan = (await call(lab, "POST", "node/down", json={"who": "second"}))[1]["loan"]
    since, until = (datetime.fromisoformat(loan[key]).timestamp() for key in ("since", "until"))
    assert (loan["who"], round(until - since)) == ("second", 600)


async def test_another_program_can_open_the_port_of_a_fake(lab: World) -> None:
    """As it could a real one: the device is named."""
    await with_fake(lab)
    loan = (await call(lab, "POST", "fake/down", json={}))[1]["loan"]
    fd = os.open(loan["device"], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        os.write(fd, b"flash")
        await eventually(lambda: readable(fd) == b"flash")
    finally:
        os.close(fd)


def readable(fd: int) -> bytes:
    """What can be read now."""
    try:
        return os.read(fd, 100)
    except BlockingIOError:
        return b""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"seconds": -1}, "seconds: found -1, expected a number of seconds from 0 to 2.592e+06"),
        ({"seconds": "10m"}, "seconds: found '10m'"),
        ({"seconds": True}, "seconds: found True"),
        ({"seconds": None}, "seconds: found None"),
        ({"who": "a\nb"}, r"who: found 'a\nb', expected at most 100 printable characters"),
        ({"who": 5}, "who: found 5"),
        ({"minutes": 5}, "unknown parameter 'minutes', expected seconds, who"),
        ([], "Malformed request body"),
    ],
)
async def test_bad_bodies(lab: World, body: object, said: str) -> None:
    """400, with the key, its value and what was expected; nothing is lent."""
    status, message = await refusal(lab, "POST", "node/down", json=body)
    assert status == 400
    assert message.startswith(said)
    assert lab.console.connected


async def test_what_is_no_json(lab: World) -> None:
    """Another type is 415, rubbish 400, NaN no number, a foreign console 404."""
    assert (await refusal(lab, "POST", "node/down", data=b"seconds=5"))[0] == 415
    headers = {"Content-Type": "application/json"}
    for data in (b"{", b"\xff", b"[" * 100_000):
        assert await refusal(lab, "POST", "node/up", data=data, headers=headers) == (400, "Malformed request body")
    assert (await refusal(lab, "POST", "node/down", data=b'{"seconds": NaN}', headers=headers))[0] == 400
    assert (await refusal(lab, "POST", "nobody/down", json={}))[0] == 404
