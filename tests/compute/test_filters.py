"""Filters of a list: by microversion, by caller, and together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from multidict import MultiDict

from consolesvc.compute.listing import listing
from consolesvc.compute.microversion import Version
from consolesvc.compute.views import HOST
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import Caller
from consolesvc.inventory import Server
from tests.compute.world import ADMIN, MEMBER, PROJECT, make_server

START = datetime(2026, 11, 23, tzinfo=UTC)
ALL = ["a", "b", "c"]


def servers() -> list[Server]:
    made = [
        make_server(name, f"{number:08x}-0000-4000-8000-000000000000", START + timedelta(minutes=number))
        for number, name in enumerate(ALL, 1)
    ]
    made[0].status, made[0].vm_state, made[0].power_state = "SHUTOFF", "stopped", 4
    made[1].image, made[1].flavor, made[1].user_id = "linux", "big", "ann"
    made[2].task_state = "deleting"
    return made


def names(*query: tuple[str, str], minor: int = 1, caller: Caller = ADMIN) -> list[str]:
    page = listing(servers(), MultiDict(query), Version(2, minor), caller)
    return sorted(server.name for server in page.servers)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("image", "linux", ["b"]),
        ("image_ref", "linux", ["b"]),
        ("image", "lin", []),
        ("flavor", "big", ["b"]),
        ("flavor", "nope", []),
        ("user_id", "ann", ["b"]),
        ("vm_state", "stopped", ["a"]),
        ("task_state", "deleting", ["c"]),
        ("power_state", "4", ["a"]),
        ("status", "shutoff", ["a"]),
        ("host", HOST, ALL),
        ("host", "elsewhere", []),
        ("project_id", PROJECT, ALL),
        ("tenant_id", "f" * 32, []),
        ("uuid", "00000002-0000-4000-8000-000000000000", ["b"]),
        ("uuid", "00000002000040008000000000000000", ["b"]),
        ("reservation_id", "r-00000002", ["b"]),
        ("hostname", "^[ab]$", ["a", "b"]),
        ("display_name", "a|c", ["a", "c"]),
        ("name", "^(a|b)$", ["a", "b"]),
        ("ip", "10.0.0.1", []),
        ("availability_zone", "nova", ALL),
        ("changes-since", "2026-11-23T00:02:00Z", ["b", "c"]),
        ("changes-since", "2026-11-23T00:02:00", ["b", "c"]),
        ("changes-since", "2026-11-23T01:02:00+01:00", ["b", "c"]),
        ("deleted", "True", []),
        ("deleted", "False", ALL),
        ("deleted", "nonsense", ALL),
        ("locked", "true", ALL),
        ("tags", "x", ALL),
        ("changes-before", "2026-11-23T00:02:00Z", ALL),
        ("nonsense", "x", ALL),
    ],
)
def test_an_admins_filters(name: str, value: str, expected: list[str]) -> None:
    """What clients send, at 2.1; what came later is passed over like any stranger."""
    assert names((name, value)) == expected


@pytest.mark.parametrize(
    ("name", "value", "minor", "expected"),
    [
        ("locked", "true", 73, []),
        ("locked", "false", 73, ALL),
        ("tags", "x", 26, []),
        ("tags-any", "x,y", 26, []),
        ("not-tags", "x", 26, ALL),
        ("not-tags-any", "x", 26, ALL),
        ("changes-before", "2026-11-23T00:02:00Z", 66, ["a", "b"]),
        ("status", "nonsense", 37, []),
    ],
)
def test_later_filters(name: str, value: str, minor: int, expected: list[str]) -> None:
    """Filters that came with a microversion."""
    assert names((name, value), minor=minor) == expected


@pytest.mark.parametrize(
    ("name", "value", "since"),
    [
        ("vm_state", "stopped", 83),
        ("user_id", "ann", 83),
        ("power_state", "4", 83),
        ("hostname", "^a$", 90),
        ("ip6", "::1", 5),
        ("host", "elsewhere", None),
        ("uuid", "nope", None),
        ("display_name", "a", None),
        ("deleted", "True", None),
    ],
)
def test_a_members_filters(name: str, value: str, since: int | None) -> None:
    """What is an admin's is passed over for members, until a version gives it to them."""
    if since is not None:
        assert names((name, value), minor=since, caller=MEMBER) != ALL
    assert names((name, value), minor=100 if since is None else since - 1, caller=MEMBER) == ALL


def test_all_must_pass() -> None:
    """Filters are joined by and; of one that is given twice, the last counts."""
    assert names(("name", "a|b"), ("status", "ACTIVE")) == ["b"]
    assert names(("name", "c"), ("name", "a")) == ["a"]


@pytest.mark.parametrize(
    ("query", "minor", "message"),
    [
        ([("nonsense", "x")], 75, "'nonsense' does not match any of the regexes: '^_'"),
        ([("b", "x"), ("a", "x")], 75, "'a', 'b' do not match any of the regexes: '^_'"),
        ([("sort_key", "memory_mb")], 75, "Invalid input for query parameters sort_key. Value: memory_mb. "),
        ([("status", "nonsense")], 38, "Invalid status value"),
        ([("locked", "x")], 73, "Invalid input received: Unrecognized value 'x', acceptable values are: '0', '1', 'f'"),
        (
            [("changes-since", "2026-11-24"), ("changes-before", "2026-11-23")],
            66,
            "The value of changes-since must be less than or equal to changes-before.",
        ),
    ],
)
def test_stricter_with_time(query: list[tuple[str, str]], minor: int, message: str) -> None:
    """What later versions refuse, and what the version before did not."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its beginning is compared below
        names(*query, minor=minor)
    assert str(caught.value).startswith(message)
    assert names(*query, minor=minor - 1) is not None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (("status", "deleted"), "Only administrators may list deleted instances"),
        (("sort_key", "host"), "Only administrators can sort servers by host"),
        (("sort_key", "node"), "Only administrators can sort servers by node"),
    ],
)
def test_an_admins_alone(query: tuple[str, str], message: str) -> None:
    """What a member may not even ask for; for an admin it is nothing special."""
    with pytest.raises(Fault) as caught:
        names(query, caller=MEMBER)
    assert (caught.value.status, caught.value.message) == (403, message)
    assert names(query) in ([], ALL)
