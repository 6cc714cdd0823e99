from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.http.hosts import (
    configured_host,
    host_allowed,
    host_name,
    known_hosts,
    origin_allowed,
    origin_host,
    refusal,
)

KNOWN = known_hosts(["127.0.0.1", "console.lab", "::"], "wss://Relay.lab:6083/x", ["Extra.lab:8774", "[2001:DB8::1]"])


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("lab", "lab"),
        ("LAB:8774", "lab"),
        ("lab.example.", "lab.example"),
        ("lab:", "lab"),
        ("127.0.0.1:8774", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]:8774", "::1"),
        ("[FE80::A]", "fe80::a"),
    ],
)
def test_host_name(header: str, name: str) -> None:
    """Case, port, brackets, a trailing dot and an address's spelling make no difference."""
    assert host_name(header) == name


@pytest.mark.parametrize(
    "header",
    [
        "",
        ".",
        ":80",
        "::1",
        "[::1",
        "[::g]",
        "[127.0.0.1]",
        "a b",
        "a@b",
        "a/b",
        "a:b",
        "a:99999",
        "a\r\nb",
        "ä",
        "\udcff",
    ],
)
def test_host_name_refuses_nonsense(header: str) -> None:
    """What is no host and port has no name, and so is never allowed."""
    assert host_name(header) is None
    assert not host_allowed(header, KNOWN)


@given(st.text())
def test_host_name_takes_any_text(text: str) -> None:
    """No text makes the parsers fail, and a name is a fixed point of its parser."""
    name = configured_host(text)
    assert name is None or configured_host(name) == name
    origin_host(text)


@pytest.mark.parametrize(
    "header",
    [
        *("127.0.0.1", "10.1.2.3:8774", "[::1]:8774", "[2001:db8::99]", "localhost", "LOCALHOST.:80"),
        *("console.lab", "relay.lab", "relay.lab:1", "extra.lab", "EXTRA.lab.:8774"),
    ],
)
def test_host_allowed(header: str) -> None:
    """IP literals, localhost, listen addresses, base_url's host and allowed_hosts are answered, with any port."""
    assert host_allowed(header, KNOWN)


@pytest.mark.parametrize(
    "header", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "127.1", "console.lab.evil"]
)
def test_host_not_allowed(header: str) -> None:
    """A name that someone else may point at this host is refused, however it begins."""
    assert not host_allowed(header, KNOWN)


def test_known_hosts() -> None:
    """Ports and brackets are accepted in the configuration; no base_url adds nothing."""
    assert {"127.0.0.1", "console.lab", "::", "relay.lab", "extra.lab", "2001:db8::1"} == KNOWN
    assert known_hosts([], None, ["::1", "[::2]:80", "fe80::1%eth0"]) == {"::1", "::2", "fe80::1"}


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "expected"),
    [
        (None, "lab:6083", (), True),
        ("http://lab:8080", "lab:6083", (), True),
        ("https://LAB", "lab.", (), True),
        ("http://[::1]:80", "[0::1]:6083", (), True),
        ("http://dash.lab", "lab", ("Dash.LAB",), True),
        ("chrome-extension://abc", "abc", (), True),
        ("http://dash.lab", "lab", (), False),
        ("http://lab.evil", "lab", (), False),
        ("null", "null", ("null",), False),
        ("", "lab", (), False),
        ("lab", "lab", (), False),
        ("http://", "lab", (), False),
        ("http://lab/path", "lab", (), False),
        ("http://me@lab", "lab", (), False),
        ("http://lab, http://lab", "lab", (), False),
        ("nonsense", "", (), False),
        ("http://a b", "a b", (), False),
    ],
)
def test_origin_allowed(origin: str | None, host: str, allowed: tuple[str, ...], expected: bool) -> None:
    """A websocket's Origin counts by host name alone; null, empty and unparsable ones are refused."""
    assert origin_allowed(origin, (host,), allowed) is expected


def status(method: str, origins: list[str], fetch_site: str | None = None, host: str = "lab:8774") -> int | None:
    refused = refusal(method, [host], origins, fetch_site, {"lab"})
    return None if refused is None else refused.status


def test_refusal_of_cross_site_writes() -> None:
    """Only safe methods may come from another site's page."""
    assert status("POST", []) is None
    assert status("POST", ["http://lab:80"], "same-origin") is None
    assert status("POST", [], "same-site") is None
    assert status("GET", ["http://evil"], "cross-site") is None
    assert status("HEAD", ["null"]) is None
    assert status("POST", ["http://evil"]) == 403
    assert status("POST", ["null"]) == 403
    assert status("DELETE", ["http://lab", "http://evil"]) == 403
    assert status("OPTIONS", ["http://evil"]) == 403
    assert status("POST", ["http://lab"], "cross-site") == 403
    assert status("GET", [], host="evil") == 403


def test_refusal_without_one_host() -> None:
    """No Host (HTTP/1.0) or two of them is a bad request: links and URLs are made of it."""
    assert refusal("GET", [], [], None, set()) == (400, "Expected one Host header, found 0.")
    assert refusal("GET", ["lab", "lab"], [], None, {"lab"}) == (400, "Expected one Host header, found 2.")


def test_refusal_names_host_and_cure() -> None:
    """The operator reads which name was refused and where it could be allowed; an endless one is cut."""
    refused = refusal("GET", ["evil.example:80"], [], None, set())
    assert refused is not None
    assert "'evil.example:80'" in refused.message
    assert "api.allowed_hosts" in refused.message
    long = refusal("GET", ["x" * 5000], [], None, set())
    assert long is not None
    assert len(long.message) < 300
