"""Microversions: what a request asks for, and how the answer says what it got (nova-contract 1.6).

Without the HTTP library, so that the rules stand and are tested alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

STANDARD_HEADER = "OpenStack-API-Version"
LEGACY_HEADER = "X-OpenStack-Nova-API-Version"
SERVICE = "compute"
LATEST = "latest"

_VERSION = re.compile(r"([1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")


class Version(NamedTuple):
    """A microversion, ordered as numbers are: 2.10 comes after 2.9."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `2.5`; raises ValueError with nova's sentence."""
        match = _VERSION.fullmatch(text)
        if match is None:
            raise ValueError(f"API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum.")
        return cls(int(match[1]), int(match[2]))


MINIMUM = Version(2, 1)
MAXIMUM = Version(2, 100)


class Negotiated(NamedTuple):
    """What became of a request's version.

    Attributes:
        version: The one to name in the answer, refused or not; None where it was no version.
        refusal: Why the request is refused; empty where it is not.
    """

    version: Version | None
    refusal: str = ""

    @property
    def status(self) -> HTTPStatus:
        """The status of a refusal."""
        return HTTPStatus.BAD_REQUEST if self.version is None else HTTPStatus.NOT_ACCEPTABLE

    @property
    def headers(self) -> Mapping[str, str]:
        """What every answer carries, faults too; nothing where there is no version to name."""
        return {} if self.version is None else _headers(self.version)


@functools.lru_cache(maxsize=128)
def _headers(version: Version) -> Mapping[str, str]:
    return {
        STANDARD_HEADER: f"{SERVICE} {version}",
        LEGACY_HEADER: str(version),
        "Vary": f"{STANDARD_HEADER}, {LEGACY_HEADER}",
    }


UNASKED = Negotiated(MINIMUM)
"""What a request gets that asks for no version."""


def negotiate(standard: Sequence[str], legacy: Sequence[str]) -> Negotiated:
    """Decide on a request's version.

    Args:
        standard: All values of `OpenStack-API-Version`, each `compute 2.5` or a list such as `volume 3.5, compute 2.4`.
        legacy: All values of `X-OpenStack-Nova-API-Version`, each `2.5`. It counts where the other says nothing.
    """
    asked = (_standard(standard) if standard else "") or (_legacy(legacy) if legacy else "")
    if not asked:
        return UNASKED
    if asked == LATEST:
        return Negotiated(MAXIMUM)
    try:
        version = Version.parse(asked)
    except ValueError as error:
        return Negotiated(None, str(error))
    if MINIMUM <= version <= MAXIMUM:
        return Negotiated(version)
    return Negotiated(
        version,
        f"Version {version} is not supported by the API. Minimum is {MINIMUM} and maximum is {MAXIMUM}.",
    )


def _standard(values: Sequence[str]) -> str:
    for item in reversed(",".join(values).split(",")):
        service, _, version = item.strip().partition(" ")
        if service.lower() == SERVICE and version.strip():
            return version.strip()
    return ""


def _legacy(values: Sequence[str]) -> str:
    return ",".join(values).rpartition(",")[2].strip()
