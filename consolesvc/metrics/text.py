"""Prometheus' text format, version 0.0.4: families of samples as lines. No I/O.

    # HELP consolesvc_viewers Viewers attached.
    # TYPE consolesvc_viewers gauge
    consolesvc_viewers{console="node3",project="0c5e1ab0000000000000000000000001"} 2

Written here and not by prometheus-client: that costs a megabyte and a tenth of a second at the first scrape, and makes
its text in one go, which holds the loop while there are many consoles.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Number = int | float | bool
Sample = tuple[str, Number]
"""Labels as `labels` makes them, and the value."""


class Family(NamedTuple):
    """A metric.

    Attributes:
        name: Ends in `_total` where it is a counter, and in its unit.
        kind: A counter grows, but for starts; a gauge goes up and down.
        help: A sentence.
    """

    name: str
    kind: Literal["counter", "gauge"]
    help: str

    @property
    def head(self) -> str:
        """The two lines before the samples."""
        return f"# HELP {self.name} {self.help}\n# TYPE {self.name} {self.kind}\n"

    def line(self, labels: str, value: Number) -> str:
        """One sample's."""
        return f"{self.name}{labels} {number(value)}\n"

    def text(self, *samples: Sample) -> str:
        """The whole family."""
        return self.head + "".join(self.line(*sample) for sample in samples)


def number(value: Number) -> str:
    """A value as Go reads it; a truth is 1 or 0."""
    return repr(value) if isinstance(value, float) else str(int(value))


def labels(**values: str) -> str:
    """Labels in braces; any text is a value."""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items()) + "}"


def _escaped(value: str) -> str:
    plain = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    # A lone surrogate is no character that UTF-8 could carry.
    return plain.encode("utf-8", "replace").decode()
