from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.compute.microversion import MAXIMUM, MINIMUM, Negotiated, Version, negotiate


@pytest.mark.parametrize(
    ("standard", "legacy", "expected"),
    [
        ([], [], "2.1"),
        (["compute 2.4"], [], "2.4"),
        (["COMPUTE   2.4"], [], "2.4"),
        (["compute latest"], [], "2.100"),
        (["volume 3.5, compute 2.4"], [], "2.4"),
        (["volume 3.5", "compute 2.4"], [], "2.4"),
        (["compute 2.2, compute 2.3"], [], "2.3"),
        (["volume 3.5"], [], "2.1"),
        (["2.4"], [], "2.1"),
        (["compute"], [], "2.1"),
        ([""], [""], "2.1"),
        ([], ["2.3"], "2.3"),
        ([], ["latest"], "2.100"),
        (["volume 3.5"], ["2.3"], "2.3"),
        (["compute 2.4"], ["2.3"], "2.4"),
        (["compute 2.4"], ["spam"], "2.4"),
    ],
)
def test_accepted(standard: list[str], legacy: list[str], expected: str) -> None:
    """Lists, `latest`, other services and both headers, of which the standard one wins (nova-contract 1.6)."""
    assert negotiate(standard, legacy) == Negotiated(Version.parse(expected))


@pytest.mark.parametrize(
    "asked", ["spam", "2", "2.", ".1", "2.01", "02.1", "2.1.1", "-2.1", "2.1 x", "LATEST", "2.٣", "0.1"]
)
def test_malformed(asked: str) -> None:
    """No version is a 400 that names none in its headers."""
    found = negotiate([f"compute {asked}"], [])
    assert found.refusal == f"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum."
    assert (found.status, found.headers) == (400, {})


@pytest.mark.parametrize("asked", ["2.0", "2.101", "2.999", "1.1", "3.1"])
def test_out_of_range(asked: str) -> None:
    """A version that is not there is a 406 that echoes it."""
    found = negotiate([], [asked])
    assert found.refusal == f"Version {asked} is not supported by the API. Minimum is 2.1 and maximum is 2.100."
    assert found.status == 406
    assert found.headers["OpenStack-API-Version"] == f"compute {asked}"


def test_headers() -> None:
    """Both headers, and the caches told of them; `latest` comes back as a number."""
    assert negotiate(["compute latest"], []).headers == {
        "OpenStack-API-Version": "compute 2.100",
        "X-OpenStack-Nova-API-Version": "2.100",
        "Vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
    }


def test_versions_are_ordered_as_numbers() -> None:
    """2.10 comes after 2.9."""
    assert Version(2, 9) < Version.parse("2.10") < Version(3, 0)


@given(st.lists(st.text()), st.lists(st.text()))
def test_any_headers(standard: list[str], legacy: list[str]) -> None:
    """Whatever the headers hold, there is a version within range or a refusal, and no header can be split."""
    found = negotiate(standard, legacy)
    assert found.refusal or (found.version is not None and MINIMUM <= found.version <= MAXIMUM)
    assert not any(c in value for value in found.headers.values() for c in "\r\n\0")


def test_stands_without_the_http_library() -> None:
    """The rules need no aiohttp."""
    code = "import sys, consolesvc.compute.microversion; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
