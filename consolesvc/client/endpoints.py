"""How an endpoint is written, and which one an environment names (DESIGN 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DEFAULT: Final = "http://127.0.0.1:8774"
"""Where a service is that says nothing else."""
SCHEME: Final = "unix:"
"""What an endpoint begins with that is a socket."""


def endpoint_of(environ: Mapping[str, str]) -> str:
    """The endpoint that an environment names; "" where it names none."""
    return environ.get("OS_ENDPOINT") or environ.get("OS_COMPUTE_ENDPOINT_OVERRIDE") or ""
