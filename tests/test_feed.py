"""The row of events: numbered, bounded, and read by whoever has a number."""

from __future__ import annotations

import asyncio

from consolesvc.feed import MEMORY, Feed, Item
from tests.lines.devices import eventually


def publish(feed: Feed, *names: str) -> None:
    for name in names:
        feed.publish(lambda event_id, name=name: item(event_id, name))  # type: ignore[misc]  # bound now, not later


def item(event_id: str, name: str = "panic", console: str = "node3", project: str = "p") -> Item:
    return Item(event_id, console, f"id of {console}", project, name, 7, "stream", 1000.5, "a sentence", {"what": "x"})


def test_an_item_as_json() -> None:
    """What SSE and webhooks say, in full."""
    assert item("f-1").document() == {
        "console": "node3",
        "id": "id of node3",
        "event": "panic",
        "offset": 7,
        "stream": "stream",
        "time": "1970-01-01T00:16:40.500000Z",
        "text": "a sentence",
        "facts": {"what": "x"},
    }


def test_numbers() -> None:
    """Each event has one, and its id says which; 0 is before the first."""
    feed = Feed()
    heard: list[Item] = []
    feed.listeners.append(heard.append)
    publish(feed, "a", "b", "c")
    assert (feed.start, feed.end) == (1, 4)
    assert [each.event for each in feed.read(1, 2)] == ["a", "b"]
    assert [each.event for each in feed.read(3, 9)] == ["c"]
    assert feed.read(4, 9) == []
    assert [feed.number_of(each.id) for each in heard] == [1, 2, 3]
    assert feed.number_of(feed.id_of(0)) == 0


def test_ids_of_others() -> None:
    """Of an event that is still to come, of another start, and of nothing at all."""
    feed = Feed()
    publish(feed, "a")
    name = feed.id_of(1).rpartition("-")[0]
    for other in (
        feed.id_of(2),
        f"{name}-",
        f"{name}--1",
        f"{name}-1x",
        f"{name}-{'9' * 5000}",
        "0-1",
        "1",
        "",
        "\u0661",
    ):
        assert feed.number_of(other) is None


def test_memory_is_bounded() -> None:
    """The last thousand; what is gone is a number."""
    feed = Feed()
    publish(feed, *(str(number) for number in range(MEMORY + 10)))
    assert (feed.start, feed.end) == (11, MEMORY + 11)
    assert [each.event for each in feed.read(feed.start, 2)] == ["10", "11"]
    assert repr(feed).endswith(f" 11..{MEMORY + 11}>")


async def test_waiting() -> None:
    """For the next event, for a time, or until there will be none; one who gives up costs no other."""
    feed = Feed()
    await feed.news(1, 0.01)
    waiting = [asyncio.create_task(feed.news(1, 10)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    publish(feed, "a")
    await eventually(lambda: all(task.done() for task in waiting))
    await feed.news(1, 10)
    waiting = [asyncio.create_task(feed.news(2, 10))]
    await asyncio.sleep(0)
    feed.close()
    await asyncio.gather(*waiting)
    await feed.news(2, 10)
    assert feed.closed
