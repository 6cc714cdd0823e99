"""From when to when a certificate is good: PEM in, seconds out. No I/O.

The standard library decodes only the certificate of a peer that it has verified; of our own we need the dates before
anybody has connected. They stand at a fixed place in the DER (RFC 5280 section 4.1), so that a walk over a few lengths
finds them.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import NamedTuple

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(?P<body>[^-]+)-----END CERTIFICATE-----")
_VERSION, _UTC_TIME = 0xA0, 0x17
_LONG_LENGTH = 0x80
_PIVOT = 50  # RFC 5280 section 4.1.2.5.1: a year of two digits below it is of this century


class Validity(NamedTuple):
    """Seconds since 1970 from which, and until which, a certificate is good."""

    begin: float
    end: float

    def trouble(self, now: float) -> str:
        """What is wrong with it at a time; "" for nothing."""
        if now < self.begin:
            return f"is good only from {_day(self.begin)} on"
        return f"has expired: it was good until {_day(self.end)}" if now > self.end else ""

    def __str__(self) -> str:
        return f"good until {_day(self.end)}"


def validity(pem: str) -> Validity:
    """The validity of the first certificate in a PEM text; raises ValueError where there is none."""
    match = _PEM.search(pem)
    if match is None:
        raise ValueError("no certificate in PEM")
    try:
        return _dates(base64.b64decode("".join(match["body"].split()), validate=True))
    except (IndexError, binascii.Error, OverflowError, UnicodeDecodeError) as error:
        raise ValueError("what is marked as a certificate is none") from error


def _dates(der: bytes) -> Validity:
    """`Certificate { TBSCertificate { [0] version, serial, signature, issuer, Validity { begin, end }, … } … }`."""
    _, at, _ = _element(der, 0)
    _, at, _ = _element(der, at)
    tag, _, after = _element(der, at)
    if tag == _VERSION:
        _, _, after = _element(der, after)
    for _ in ("signature", "issuer"):
        _, _, after = _element(der, after)
    _, at, _ = _element(der, after)
    begin, at = _time(der, at)
    end, _ = _time(der, at)
    return Validity(begin, end)


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """The tag of the element at `at`, where its content begins, and where what follows it begins."""
    tag, length, begin = der[at], der[at + 1], at + 2
    if length >= _LONG_LENGTH:
        digits = length - _LONG_LENGTH
        length = int.from_bytes(der[begin : begin + digits])
        begin += digits
    return tag, begin, begin + length


def _time(der: bytes, at: int) -> tuple[float, int]:
    """The UTCTime or GeneralizedTime at `at`, and where what follows it begins."""
    tag, begin, end = _element(der, at)
    text = der[begin:end].decode("ascii")
    if tag == _UTC_TIME:
        text = f"{20 if int(text[:2]) < _PIVOT else 19}{text}"
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp(), end


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
