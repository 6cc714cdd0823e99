from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from consolesvc.http.forwarded import public_root


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
