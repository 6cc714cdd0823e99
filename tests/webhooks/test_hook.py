"""A webhook: what it is told, in which order, and what becomes of it where nobody listens. Each receiver is real."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consolesvc.config.telling import Webhook
from consolesvc.feed import Item
from consolesvc.webhooks import hook as hooks
from consolesvc.webhooks.delivery import Deliverer
from consolesvc.webhooks.hook import TRIES, WAITING, Hook
from tests.lines.devices import eventually
from tests.test_feed import item
from tests.webhooks.receiver import Receiver, receiver

SOON = 0.05


@contextlib.asynccontextmanager
async def telling(config: Webhook, *, patience: float = 5.0) -> AsyncIterator[Hook]:
    """A webhook that is tried again soon."""
    deliverer = Deliverer(timeout=patience)
    made = Hook(config, deliverer.deliver, first_retry=SOON)
    try:
        yield made
    finally:
        await made.close(0)
        await deliverer.close()


@pytest.fixture
async def far() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


def said(caplog: pytest.LogCaptureFixture) -> str:
    """What we have logged; the receivers log for themselves."""
    ours = [record for record in caplog.records if record.name.startswith("consolesvc")]
    return "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in ours)


def events(*names: str) -> list[Item]:
    return [item(f"f-{number}", name) for number, name in enumerate(names, 1)]


async def test_an_event_is_posted(far: Receiver) -> None:
    """As JSON, with its name and its id."""
    async with telling(Webhook(f"{far.url}/hook?key=1")) as hook:
        (panic,) = events("panic")
        hook.hear(panic)
        await eventually(lambda: far.got)
    (delivery,) = far.got
    sent = delivery.event["sent"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(sent)) < timedelta(seconds=20)
    assert delivery.event == {"delivery": "f-1", "sent": sent} | panic.document()
    assert delivery.headers["Content-Type"] == "application/json"
    assert (delivery.headers["Console-Event"], delivery.headers["Console-Delivery"]) == ("panic", "f-1")
    assert delivery.headers["User-Agent"].startswith("consolesvc/")
    assert "Console-Signature" not in delivery.headers


async def test_it_is_signed(far: Receiver, tmp_path: Path) -> None:
    """With the first line of the file as it is then: a new secret counts at once, without one nothing leaves."""
    file = tmp_path / "secret"
    async with telling(Webhook(f"{far.url}/hook", secret_file=str(file))) as hook:
        hook.hear(*events("panic"))
        await asyncio.sleep(2 * SOON)
        assert far.got == []
        for number, secret in enumerate((b"first", b"second"), 1):
            file.write_bytes(secret + b"\r\nanother line\n")
            hook.hear(*events("panic"))
            await eventually(lambda wanted=number: len(far.got) > wanted)
            delivery = far.got[-1]
            expected = hmac.new(secret, delivery.body, hashlib.sha256).hexdigest()
            assert delivery.headers["Console-Signature"] == f"sha256={expected}"
            # What is signed names itself: a copy of it under another id, or late, is known for one.
            assert delivery.event["delivery"] == delivery.headers["Console-Delivery"] == "f-1"
            assert delivery.event["event"] == delivery.headers["Console-Event"] == "panic"
            assert delivery.event["sent"] > delivery.event["time"]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (Webhook("URL"), ["panic", "boot", "silence", "fsck"]),
        (Webhook("URL", ("silence-over", "lost")), ["silence-over", "lost"]),
        (Webhook("URL", ("fsck",)), ["fsck"]),
        (Webhook("URL", (), ("other*", "node3")), ["panic", "boot", "silence", "fsck"]),
        (Webhook("URL", (), ("node", "NODE*")), []),
        (Webhook("URL", ("panic",), ("n*",)), ["panic"]),
    ],
)
async def test_what_it_is_told(far: Receiver, config: Webhook, told: list[str]) -> None:
    """The events and consoles that it asks for; where it does not say, what is recognised, but no end of a silence."""
    async with telling(Webhook(f"{far.url}/hook", config.events, config.consoles)) as hook:
        for each in events("panic", "boot", "silence", "silence-over", "fsck", "lost", "back", "break"):
            hook.hear(each)
        await eventually(lambda: far.names == told)


async def test_in_order_one_at_a_time(far: Receiver) -> None:
    """However slow it is; nobody waits for it."""
    far.delay = 0.02
    async with telling(Webhook(f"{far.url}/hook")) as hook:
        begun = asyncio.get_running_loop().time()
        for each in events(*(f"e{number}" for number in range(20))):
            hook.hear(each)
        assert asyncio.get_running_loop().time() - begun < 0.1
        await eventually(lambda: far.names == [f"e{number}" for number in range(20)])


@pytest.mark.parametrize("status", [500, 502, 503, 408, 425, 429])
async def test_a_busy_receiver_is_tried_again(far: Receiver, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Until it takes it, then all that waited, in order; said once, and once that it is over."""
    caplog.set_level(logging.INFO)
    far.status = status
    async with telling(Webhook(f"{far.url}/hook?s3cret")) as hook:
        for each in events("a", "b"):
            hook.hear(each)
        await eventually(lambda: len(far.got) >= 3)
        assert set(far.names) == {"a"}
        far.status = 200
        await eventually(lambda: far.names[-2:] == ["a", "b"])
        await eventually(lambda: "delivers again" in said(caplog))
    assert said(caplog).count(f"it answers {status}; trying again") == 1
    assert "s3cret" not in said(caplog)


async def test_nobody_listens_and_then_somebody_does(unused_tcp_port: int, caplog: pytest.LogCaptureFixture) -> None:
    """A receiver that is away overnight is told in the morning."""
    async with telling(Webhook(f"http://127.0.0.1:{unused_tcp_port}/hook")) as hook:
        for each in events("a", "b"):
            hook.hear(each)
        await eventually(lambda: "cannot connect: " in said(caplog))
        async with receiver(unused_tcp_port) as far:
            await eventually(lambda: far.names == ["a", "b"])


async def test_no_answer_in_time(far: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """A receiver that hangs is given up and tried again."""
    far.delay = 5
    async with telling(Webhook(f"{far.url}/hook"), patience=0.2) as hook:
        hook.hear(*events("a"))
        await eventually(lambda: len(far.got) >= 2)
        assert "no answer in 0.2 s" in said(caplog)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 410])
async def test_who_refuses_is_asked_three_times(far: Receiver, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Then the event is dropped, which is said; the next has its turn before. No redirect is followed."""
    far.status = status
    async with telling(Webhook(f"{far.url}/hook")) as hook:
        for each in events("a", "b"):
            hook.hear(each)
        await eventually(lambda: hook.dropped == 2)
        assert sorted(far.names) == ["a"] * TRIES + ["b"] * TRIES
        assert far.names[:2] == ["a", "b"]
        assert far.elsewhere == 0
    assert f"it answers {status}" in said(caplog)
    assert said(caplog).count("an event is dropped: refused") == 2


async def test_what_is_refused_holds_nobody_up(far: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """A panic behind it is on time; it is offered again beside it, and may be taken then."""
    far.refuses = {"odd"}
    deliverer = Deliverer()
    hook = Hook(Webhook(f"{far.url}/hook"), deliverer.deliver, first_retry=1.0)
    begun = asyncio.get_running_loop().time()
    for each in events(*["odd"] * 5, "panic"):
        hook.hear(each)
    await eventually(lambda: "panic" in far.names)
    assert asyncio.get_running_loop().time() - begun < 1
    far.refuses = set()
    await eventually(lambda: far.names == [*["odd"] * 5, "panic", *["odd"] * 5])
    assert hook.dropped == 0
    assert said(caplog).count("an event is refused") == 1
    assert await hook.close(1) == []
    await deliverer.close()


async def test_how_much_is_set_aside_is_bounded(far: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes for the newest; who is away meanwhile is asked until they are back."""
    far.status = 403
    monkeypatch.setattr(hooks, "ASIDE", 3)
    async with telling(Webhook(f"{far.url}/hook")) as hook:
        hook._first_retry = 0.3
        for each in events("a", "b", "c", "d", "e"):
            hook.hear(each)
        await eventually(lambda: len(far.got) == 5)
        await eventually(lambda: hook.dropped == 2)
        far.status = 503
        await eventually(lambda: len(far.got) >= 8)
        far.got.clear()
        far.status = 204
        await eventually(lambda: sorted(far.names) == ["c", "d", "e"])
        assert hook.dropped == 2


async def test_how_many_wait_is_bounded(
    far: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The oldest goes for the newest, and is counted; the one that is on its way may arrive all the same."""
    caplog.set_level(logging.INFO)
    far.status = 503
    monkeypatch.setattr(hooks, "WAITING", 10)
    assert WAITING == 1000
    async with telling(Webhook(f"{far.url}/hook")) as hook:
        for each in events(*(f"e{number}" for number in range(25))):
            hook.hear(each)
        assert hook.dropped == 15
        await eventually(lambda: far.got)
        far.got.clear()
        far.status = 204
        await eventually(lambda: far.names[-1:] == ["e24"])
        assert far.names[-10:] == [f"e{number}" for number in range(15, 25)]
        assert "15 events were dropped so far" in said(caplog)
    assert said(caplog).count("an event is dropped: too many wait for it") == 1


async def test_a_stop_tells_what_waits_or_says_what_it_did_not(far: Receiver) -> None:
    """Within its time; who fails already is not waited for. What was refused is not told either."""
    async with telling(Webhook(f"{far.url}/hook")) as hook:
        for each in events("a", "b", "c"):
            hook.hear(each)
        assert await hook.close(5) == []
        assert far.names == ["a", "b", "c"]
    far.status = 403
    async with telling(Webhook(f"{far.url}/hook")) as hook:
        refused, waits = events("refused", "waits")
        hook._first_retry = 5
        hook.hear(refused)
        await eventually(lambda: far.names[3:] == ["refused"])
        far.status = 503
        hook.hear(waits)
        await eventually(lambda: far.names[-1] == "waits")
        assert await hook.close(0) == [refused, waits]
    far.got.clear()
    far.status = 503
    async with telling(Webhook(f"{far.url}/hook")) as hook:
        for each in events("a", "b"):
            hook.hear(each)
        await eventually(lambda: len(far.got) > 3)
        begun = asyncio.get_running_loop().time()
        assert [each.event for each in await hook.close(5)] == ["a", "b"]
        assert asyncio.get_running_loop().time() - begun < 1


async def test_a_fault_of_ours_costs_one_event(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its traceback, and the next one is told."""
    told: list[str] = []

    async def deliver(_config: Webhook, each: Item) -> None:
        told.append({"b": each.event}[each.event])

    hook = Hook(Webhook("http://h/"), deliver)
    for each in events("a", "b"):
        hook.hear(each)
    await eventually(lambda: told == ["b"])
    assert "KeyError" in said(caplog)
    await hook.close(1)


async def test_names_that_nobody_knows(caplog: pytest.LogCaptureFixture) -> None:
    """Are looked up again, and said without the rest of the URL."""
    async with telling(Webhook("http://nowhere.invalid/s3cret")) as hook:
        hook.hear(*events("a"))
        await eventually(lambda: "webhook nowhere.invalid: cannot connect: " in said(caplog), 20)
    assert "s3cret" not in said(caplog)


async def test_a_certificate_that_is_not_good(far: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """Or none at all: what speaks no TLS is not spoken to in the clear."""
    async with telling(Webhook(f"https://127.0.0.1:{far.port}/s3cret")) as hook:
        hook.hear(*events("a"))
        await eventually(lambda: "trying again" in said(caplog))
    assert "s3cret" not in said(caplog)
    assert far.got == []


def test_nothing_secret_is_shown() -> None:
    """Neither where a webhook is printed."""
    assert "s3cret" not in repr(Hook(Webhook("https://hooks.lab/s3cret"), Deliverer().deliver))
