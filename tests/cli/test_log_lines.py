from __future__ import annotations

import logging

from consolesvc.cli.log_lines import LineFormatter


def test_lines_are_those_of_logging() -> None:
    """Whatever the order of the records' times, a line is what logging's own formatter makes of it."""
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    ours = LineFormatter()
    for created in (1.0, 1.5, 1.999, 2.0, 1.25, 1e9):
        record = logging.LogRecord("consolesvc.x", logging.INFO, "", 0, "%s", ("text",), None)
        record.created, record.msecs = created, created % 1 * 1000
        assert ours.format(record) == plain.format(record)
