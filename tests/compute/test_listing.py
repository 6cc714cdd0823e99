from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict, MultiMapping

from consolesvc.compute.filters import FILTERS
from consolesvc.compute.listing import MAX_LIMIT, Listing
from consolesvc.compute.listing import listing as listing_at
from consolesvc.compute.microversion import MINIMUM, Version
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import Caller
from consolesvc.inventory import Server
from tests.compute.world import ADMIN, MEMBER, make_server

START = datetime(2026, 11, 23, tzinfo=UTC)


def server(name: str, number: int, minutes: int = 0) -> Server:
    return make_server(name, f"{number:08x}-0000-4000-8000-000000000000", START + timedelta(minutes=minutes))


SERVERS = [server("node1", 1, 5), server("node2", 2, 5), server("fake", 3, 9), server("node10", 4, 1)]


def listing(
    servers: Iterable[Server], query: MultiMapping[str], version: Version = MINIMUM, caller: Caller = ADMIN
) -> Listing:
    return listing_at(servers, query, version, caller)


def names(*query: tuple[str, str]) -> list[str]:
    return [each.name for each in listing(SERVERS, MultiDict(query)).servers]


def test_order() -> None:
    """The newest comes first, and among equals the greatest id."""
    assert names() == ["fake", "node2", "node1", "node10"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ([("name", "node")], ["node2", "node1", "node10"]),
        ([("name", "^node1$")], ["node1"]),
        ([("name", "ode1")], ["node1", "node10"]),
        ([("name", "NODE")], []),
        ([("name", "x"), ("name", "fake")], ["fake"]),
        ([("status", "ACTIVE")], ["fake", "node2", "node1", "node10"]),
        ([("status", "active")], ["fake", "node2", "node1", "node10"]),
        ([("status", "SHUTOFF")], []),
        ([("status", "SHUTOFF"), ("status", "ACTIVE")], ["fake", "node2", "node1", "node10"]),
        ([("status", "nonsense")], []),
        ([("limit", "0")], []),
        ([("limit", "2")], ["fake", "node2"]),
        ([("limit", "9" * 5000)], ["fake", "node2", "node1", "node10"]),
        ([("limit", "0002")], ["fake", "node2"]),
        ([("marker", SERVERS[1].id)], ["node1", "node10"]),
        ([("marker", SERVERS[1].id.replace("-", "").upper())], ["node1", "node10"]),
        ([("marker", SERVERS[1].id), ("name", "10")], ["node10"]),
        ([("marker", SERVERS[3].id)], []),
        ([("marker", "")], ["fake", "node2", "node1", "node10"]),
        ([("sort_key", "display_name")], ["node2", "node10", "node1", "fake"]),
        ([("sort_key", "display_name"), ("sort_dir", "asc")], ["fake", "node1", "node10", "node2"]),
        ([("sort_dir", "asc")], ["node10", "node1", "node2", "fake"]),
        ([("sort_key", "uuid"), ("sort_dir", "asc")], ["node1", "node2", "fake", "node10"]),
        ([("sort_key", "host"), ("sort_dir", "desc")], ["fake", "node2", "node1", "node10"]),
        ([("sort_key", "memory_mb")], ["fake", "node2", "node1", "node10"]),
        (
            [("sort_key", "created_at"), ("sort_key", "display_name"), ("sort_dir", "desc"), ("sort_dir", "asc")],
            ["fake", "node1", "node2", "node10"],
        ),
        ([("deleted", "False"), ("all_tenants", "1"), ("what", "ever")], ["fake", "node2", "node1", "node10"]),
    ],
)
def test_query(query: list[tuple[str, str]], expected: list[str]) -> None:
    """Filters, order and pages, as a query asks for them."""
    assert names(*query) == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ([("limit", "-1")], "Invalid input for query parameters limit. Value: -1. '-1' does not match '^[0-9]*$'"),
        ([("limit", "x")], "Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'"),
        ([("limit", "x"), ("limit", "1")], "Invalid input for query parameters limit. Value: x. "),
        ([("limit", "٣")], "Invalid input for query parameters limit. "),
        ([("limit", "")], "Invalid input for query parameters limit. Value: . '' should be non-empty"),
        ([("name", "")], "Invalid input for query parameters name. Value: . '' is not a 'regex'"),
        ([("ip", "(?=a)")], "Invalid input for query parameters ip. Value: (?=a). '(?=a)' is not a 'regex'"),
        ([("flavor", "")], "Invalid input for query parameters flavor. Value: . '' is not a 'regex'"),
        (
            [("changes-since", "x")],
            "Invalid input for query parameters changes-since. Value: x. 'x' is not a 'date-time'",
        ),
        ([("metadata", "x")], "Invalid filter field: metadata."),
        ([("_x", "x")], "Invalid filter field: _x."),
        ([("name", "[")], "Invalid input for query parameters name. Value: [. '[' is not a 'regex'"),
        ([("sort_key", "nope")], "Invalid input for query parameters sort_key. Value: nope. 'nope' is not one of ["),
        ([("sort_dir", "up")], "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'."),
        ([("sort_dir", "asc"), ("sort_dir", "asc")], "Invalid input received: Sort direction size exceeds"),
        ([("marker", "nope")], "marker [nope] not found"),
    ],
)
def test_bad_query(query: list[tuple[str, str]], message: str) -> None:
    """A wrong value is said in nova's words."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its beginning is compared below
        listing(SERVERS, MultiDict(query))
    assert str(caught.value).startswith(message)


@given(st.integers(1, 5))
def test_pages_are_the_whole(limit: int) -> None:
    """Following the markers shows every server once, in order."""
    seen: list[str] = []
    marker: str | None = ""
    while marker is not None:
        page = listing(SERVERS, MultiDict(limit=str(limit), marker=marker))
        assert len(page.servers) <= limit
        seen += [each.name for each in page.servers]
        marker = page.marker
    assert seen == names()


def test_full_page_names_the_next() -> None:
    """A page that is full has a marker, also when it is the last; one that is not has none."""
    assert listing(SERVERS, MultiDict(limit="4")).marker == SERVERS[3].id
    assert listing(SERVERS, MultiDict(limit="5")).marker is None
    assert listing(SERVERS, MultiDict(limit="0")).marker is None


def test_pages_have_a_maximum() -> None:
    """Without a limit, and with a greater one, a page ends at the maximum."""
    many = [server(f"n{i}", i) for i in range(MAX_LIMIT + 1)]
    for query in ({}, {"limit": "1001"}, {"limit": "99999"}):
        assert len(listing(many, MultiDict(query)).servers) == MAX_LIMIT


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    *FILTERS,
                    "limit",
                    "status",
                    "marker",
                    "sort_key",
                    "sort_dir",
                    "changes-since",
                    "locked",
                    "deleted",
                    "x",
                ]
            ),
            st.text(),
        )
    ),
    st.integers(1, 100),
    st.sampled_from([ADMIN, MEMBER]),
)
def test_any_query(query: list[tuple[str, str]], minor: int, caller: Caller) -> None:
    """Any query gives a page or a ValueError."""
    with suppress(ValueError, Fault):
        assert len(listing(SERVERS, MultiDict(query), Version(2, minor), caller).servers) <= len(SERVERS)
