"""What the service keeps and shows for its operators: `log:`, `service:`, `metrics:` and `audit:` (DESIGN 5.2).

Each field's default is the default of the key, as in all of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from consolesvc.config.access import Address
from consolesvc.config.units import GIB, MIB

AUTO: Final = "auto"
"""`metrics.identity`: as Metrics says; `audit.file`: AUDIT_FILE in the folder of the logs."""


@dataclass(frozen=True, slots=True)
class Log:
    """`log:` what is kept on disk. `directory` None: DESIGN 5.1's; 0 in a bound is none."""

    enabled: bool = True
    segment_size: int = 8 * MIB
    keep: int = 32
    max_total: int = 10 * GIB
    min_free: int = GIB
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """`service:` the process itself. `log_format`: of what it says on stderr."""

    log_format: Literal["text", "json"] = "text"


@dataclass(frozen=True, slots=True)
class Metrics:
    """`metrics:` what Prometheus reads.

    Attributes:
        listen: A port of their own; None: on the API's port, where `identity` may ask who reads.
        identity: Whether it does; AUTO: of who comes from another host, where the service's `identity` asks at all.
    """

    listen: Address | None = None
    identity: bool | Literal["auto"] = AUTO


AUDIT_FILE: Final = "audit.log"


@dataclass(frozen=True, slots=True)
class Audit:
    """`audit:` who did what, in a file of its own. `file` None: nowhere; 0 in a bound is none.

    Attributes:
        file: An absolute path; AUTO.
        keys: Whether what is typed is written, as far as it was echoed, of servers that do not say `audit_keys`.
    """

    file: str | None = None
    keys: bool = False
    segment_size: int = 8 * MIB
    keep: int = 32
