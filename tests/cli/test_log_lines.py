from __future__ import annotations

import json
import logging
import sys
from contextvars import copy_context

from consolesvc.cli.log_lines import JsonFormatter, LineFormatter
from consolesvc.http.requests import REQUEST_ID
from consolesvc.subject import CONSOLE, SESSION


def test_lines_are_those_of_logging() -> None:
    """Whatever the order of the records' times, a line is what logging's own formatter makes of it."""
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    ours = LineFormatter()
    for created in (1.0, 1.5, 1.999, 2.0, 1.25, 1e9):
        record = logging.LogRecord("consolesvc.x", logging.INFO, "", 0, "%s", ("text",), None)
        record.created, record.msecs = created, created % 1 * 1000
        assert ours.format(record) == plain.format(record)


def record(text: str, *args: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("consolesvc.x", logging.WARNING, "", 0, text, args, None)
    made.created = 1.5
    for key, value in more.items():
        setattr(made, key, value)
    return made


def test_json_is_an_object_a_line() -> None:
    """What is known and no more; whatever a message holds, its line is one."""
    assert json.loads(JsonFormatter().format(record("%s: lost\nand \ud800", "node3"))) == {
        "time": "1970-01-01T00:00:01.500000Z",
        "level": "WARNING",
        "logger": "consolesvc.x",
        "message": "node3: lost\nand \ud800",
    }
    assert "\n" not in JsonFormatter().format(record("a\nb"))


def test_json_says_which_request_console_and_session_it_is_about() -> None:
    """By what the task works for; a record that says so itself is about that."""

    def said() -> dict[str, str]:
        REQUEST_ID.set("req-1")
        CONSOLE.set("node3")
        SESSION.set("a1b2c3d4")
        found: dict[str, str] = json.loads(JsonFormatter().format(record("text")))
        found |= {"other": json.loads(JsonFormatter().format(record("text", console="node4")))["console"]}
        return found

    found = copy_context().run(said)
    assert (found["request"], found["console"], found["session"], found["other"]) == (
        "req-1",
        "node3",
        "a1b2c3d4",
        "node4",
    )


def test_a_traceback_is_on_the_same_line() -> None:
    """Whoever gathers logs gets it with its message."""
    try:
        int("broken")
    except ValueError:
        made = record("failed", exc_info=sys.exc_info())
    line = JsonFormatter().format(made)
    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["exception"]
