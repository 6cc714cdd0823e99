"""Renewed certificates, in files that the real openssl made."""

from __future__ import annotations

import contextlib
import logging
import ssl
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.access import Tls
from consolesvc.errors import TlsUnusable
from consolesvc.http.renewal import Renewal
from tests.certificates import Authority, Pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def pair(authority: Authority) -> Pair:
    return authority.issue("console")


@pytest.fixture(autouse=True)
def _all_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "consolesvc")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged since the last time, with its level."""
    found = [f"{record.levelname} {record.getMessage()}" for record in caplog.records]
    caplog.clear()
    return found


def subject(renewal: Renewal, authority: Authority) -> str:
    """The name in the certificate that a client is shown now, found out by a handshake in memory."""
    ends = {}
    wires = {side: (ssl.MemoryBIO(), ssl.MemoryBIO()) for side in ("client", "server")}
    ends["client"] = authority.client().wrap_bio(*wires["client"], server_hostname="localhost")
    ends["server"] = renewal.context.wrap_bio(*wires["server"], server_side=True)
    for _ in range(4):
        for side, other in (("client", "server"), ("server", "client")):
            with contextlib.suppress(ssl.SSLWantReadError):
                ends[side].do_handshake()
            wires[other][0].write(wires[side][1].read())
    found: Any = ends["client"].getpeercert()
    return str(found["subject"][0][0][1])


def test_an_untouched_pair_is_left_alone(pair: Pair) -> None:
    """The context stays the same, so that clients can take up their sessions again."""
    renewal = Renewal(pair.tls)
    before = renewal.context
    renewal.look()
    assert renewal.context is before
    assert renewal.trouble == ""
    assert repr(renewal).startswith(f"<Renewal {pair.cert} good until 20")


def test_a_renewed_pair_is_shown(authority: Authority, pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    """Whether the files are replaced or links to them turned, as certbot does; it is said once."""
    live = pair.cert.parent / "live"
    live.mkdir()
    (live / "cert.pem").symlink_to(pair.cert)
    (live / "key.pem").symlink_to(pair.key)
    renewal = Renewal(Tls(live / "cert.pem", live / "key.pem"))
    assert subject(renewal, authority) == "console"
    second = authority.issue("second")
    for name, target in (("key.pem", second.key), ("cert.pem", second.cert)):
        (live / "new").symlink_to(target)
        (live / "new").replace(live / name)
    renewal.look()
    assert subject(renewal, authority) == "second"
    third = authority.issue("third")
    second.key.write_bytes(third.key.read_bytes())
    second.cert.write_bytes(third.cert.read_bytes())
    renewal.look()
    renewal.look()
    assert subject(renewal, authority) == "third"
    told = [line for line in said(caplog) if "new connections are shown the new" in line]
    assert len(told) == 2


def test_a_pair_in_the_middle_of_being_written_is_no_trouble(
    authority: Authority, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """The certificate is there a moment before its key: nothing is said, and the new one is shown by the next look."""
    renewal = Renewal(pair.tls)
    other = authority.issue("other")
    pair.cert.write_bytes(other.cert.read_bytes())
    renewal.look()
    assert (said(caplog), renewal.trouble) == ([], "")
    assert subject(renewal, authority) == "console"
    pair.key.write_bytes(other.key.read_bytes())
    renewal.look()
    assert subject(renewal, authority) == "other"


def test_a_bad_pair_keeps_the_old_and_is_told(
    authority: Authority, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, with the file and what is wrong; and that all is well again."""
    renewal = Renewal(pair.tls)
    good = pair.key.read_bytes()
    pair.key.write_bytes(authority.issue("other").key.read_bytes())
    for _ in range(4):
        renewal.look()
    expected = (
        f"tls.key: the key in {pair.key} is not that of the certificate in {pair.cert}; the first one there is to be "
        "the server's own, its chain comes after it; what was there before is still shown"
    )
    assert renewal.trouble == expected
    assert said(caplog) == [f"WARNING {expected}"]
    assert subject(renewal, authority) == "console"
    pair.cert.unlink()
    renewal.look()
    assert renewal.trouble == f"tls.cert: {pair.cert} is no file; what was there before is still shown"
    assert said(caplog) == [f"WARNING {renewal.trouble}"]
    pair.key.write_bytes(good)
    authority.issue("console", seconds=3600)
    renewal.look()
    assert renewal.trouble == ""
    assert [line.partition(" ")[0] for line in said(caplog)] == ["INFO", "INFO"]
    assert subject(renewal, authority) == "console"


def test_a_pair_that_is_bad_from_the_start(pair: Pair) -> None:
    """There is nothing to fall back to."""
    with pytest.raises(TlsUnusable, match=r"tls\.key: .*nix is no file"):
        Renewal(Tls(pair.cert, pair.cert.parent / "nix"))


def test_an_expired_certificate_is_a_warning(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    """At the start, or once its time is over; it is shown all the same, as clients may not mind."""
    expired = authority.issue("expired", seconds=-60)
    renewal = Renewal(expired.tls)
    assert renewal.trouble.startswith(f"tls.cert: {expired.cert} has expired: it was good until 20")
    assert said(caplog) == [f"WARNING {renewal.trouble}"]
    now = renewal.expires + 1000
    later = authority.issue("later", seconds=3600)
    renewal = Renewal(later.tls, clock=lambda: now)
    assert (said(caplog), renewal.trouble) == ([], "")
    now = renewal.expires + 1
    for _ in range(3):
        renewal.look()
    assert said(caplog) == [f"WARNING {renewal.trouble}"]
    authority.issue("later", seconds=7200)
    renewal.look()
    assert renewal.trouble == ""
    early = authority.issue("early", begin=600, seconds=3600)
    assert Renewal(early.tls).trouble.startswith(f"tls.cert: {early.cert} is good only from 20")
