from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from consolesvc.http.forwarded import Peer, Proxies, peer_at, public_root


def root(scheme: str = "http", host: str = "10.0.0.1:8774", **forwarded: str) -> str:
    return public_root(scheme, host, CIMultiDict({f"X-Forwarded-{name}": value for name, value in forwarded.items()}))


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ({}, "http://10.0.0.1:8774"),
        ({"Proto": "https"}, "https://10.0.0.1:8774"),
        ({"Proto": "HTTPS, http"}, "https://10.0.0.1:8774"),
        ({"Proto": "https", "Host": "lab.example"}, "https://lab.example"),
        ({"Host": "lab.example:8443, 10.0.0.9"}, "http://lab.example:8443"),
        ({"Host": "[2001:db8::1]:80"}, "http://[2001:db8::1]:80"),
        ({"Host": "[2001:db8::1]", "Port": "8443"}, "http://[2001:db8::1]:8443"),
        ({"Port": "8080"}, "http://10.0.0.1:8080"),
        ({"Host": "lab.example", "Port": "80"}, "http://lab.example"),
        ({"Proto": "https", "Host": "lab.example:1", "Port": "443"}, "https://lab.example"),
        ({"Prefix": "/compute/"}, "http://10.0.0.1:8774/compute"),
        ({"Prefix": "/a/b"}, "http://10.0.0.1:8774/a/b"),
    ],
)
def test_what_a_proxy_tells(forwarded: dict[str, str], expected: str) -> None:
    """Each header counts alone and together; of a list, what the first proxy was asked for."""
    assert root(**forwarded) == expected


@pytest.mark.parametrize(
    "forwarded",
    [
        *({"Proto": proto} for proto in ("", "ftp", "javascript", "http://x")),
        *({"Host": host} for host in ("", "a b", "a/b", "a@b", "[::g]", "a:99999", "ä.example")),
        *({"Port": port} for port in ("", "0", "65536", "x", "-1", "٣")),
        *({"Prefix": prefix} for prefix in ("", "/", "x", "//evil.example", "/a b", '/"', "/a\\b", "/a?b")),
    ],
)
def test_nonsense_is_passed_over(forwarded: dict[str, str]) -> None:
    """A value that is none is as if it were not there."""
    assert root(**forwarded) == "http://10.0.0.1:8774"


@given(st.fixed_dictionaries({name: st.text() for name in ("Proto", "Host", "Port", "Prefix")}))
def test_any_headers(forwarded: dict[str, str]) -> None:
    """Whatever comes, the root is one URL without a query, a space or a quotation mark."""
    found = root(**forwarded)
    assert found.startswith(("http://", "https://"))
    assert not any(c in found for c in ' "<>?#\\\r\n')
    assert found.isascii()


def peer(text: str) -> Peer:
    host, _, port = text.partition(" ")
    return Peer(ipaddress.ip_address(host), int(port or 0))


OURS = Proxies([ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1")])


@pytest.mark.parametrize(
    ("connected", "headers", "expected"),
    [
        ("203.0.113.7 4000", (), "203.0.113.7:4000"),
        ("203.0.113.7 4000", ("198.51.100.1",), "203.0.113.7:4000"),
        ("127.0.0.1 4000", (), "127.0.0.1:4000"),
        ("127.0.0.1 4000", ("198.51.100.1",), "198.51.100.1"),
        ("127.0.0.1 4000", ("6.6.6.6, 198.51.100.1",), "198.51.100.1"),
        ("127.0.0.1 4000", ("6.6.6.6", "198.51.100.1"), "198.51.100.1"),
        ("127.0.0.1 4000", ("6.6.6.6, 198.51.100.1, 10.1.1.1",), "198.51.100.1"),
        ("127.0.0.1 4000", ("10.2.2.2, 10.1.1.1",), "10.2.2.2"),
        ("127.0.0.1 4000", ("198.51.100.1:5123",), "198.51.100.1:5123"),
        ("127.0.0.1 4000", ("198.51.100.1:99999",), "198.51.100.1"),
        ("127.0.0.1 4000", ("[2001:db8::7]:5123",), "[2001:db8::7]:5123"),
        ("127.0.0.1 4000", ("[2001:db8::7]",), "127.0.0.1:4000"),
        ("127.0.0.1 4000", ("2001:db8::7",), "2001:db8::7"),
        ("127.0.0.1 4000", ("::ffff:198.51.100.1",), "198.51.100.1"),
        ("::1 4000", ("198.51.100.1",), "198.51.100.1"),
        ("2001:db8::7 4000", ("198.51.100.1",), "[2001:db8::7]:4000"),
        ("127.0.0.1 4000", ("198.51.100.1, unknown",), "127.0.0.1:4000"),
        ("127.0.0.1 4000", ("198.51.100.1, unknown, 10.1.1.1",), "10.1.1.1"),
        ("127.0.0.1 4000", ("",), "127.0.0.1:4000"),
        ("127.0.0.1 4000", ("_hidden",), "127.0.0.1:4000"),
        ("127.0.0.1 4000", ("198.51.100.1\u0661",), "127.0.0.1:4000"),
        ("127.0.0.1 4000", ("fe80::1%6666 attached",), "127.0.0.1:4000"),
    ],
)
def test_who_asked(connected: str, headers: tuple[str, ...], expected: str) -> None:
    """The last entry that is no proxy of ours; of a peer that is none, no entry counts."""
    assert str(OURS.client(peer(connected), headers)) == expected


@given(st.lists(st.text()))
def test_any_list_of_clients(headers: list[str]) -> None:
    """Whatever comes, it is an address on one line, without what could end up as another line of a log."""
    found = str(OURS.client(peer("127.0.0.1 1"), headers))
    assert found.isprintable()
    assert " " not in found


def test_an_ipv4_peer_of_an_ipv6_socket_is_of_ipv4() -> None:
    """`[::]` takes both, and who compares addresses must not have to know."""
    assert str(peer_at(("::ffff:10.0.0.3", 5, 0, 0))) == "10.0.0.3:5"
    assert peer_at("") is None
    assert peer_at(None) is None


def test_our_own_prefix_stands_once() -> None:
    """A proxy that took a path away tells it; one that did not and tells it all the same is no second one."""
    assert public_root("http", "lab", {}, "/consoles") == "http://lab/consoles"
    assert public_root("http", "lab", {"X-Forwarded-Prefix": "/consoles"}, "/consoles") == "http://lab/consoles"
    assert public_root("http", "lab", {"X-Forwarded-Prefix": "/a"}, "/consoles") == "http://lab/a/consoles"
