"""`webhooks:` who is told of events by HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from consolesvc.config import scalars
from consolesvc.config.addresses import is_host_name, is_ip
from consolesvc.config.credentials import entry
from consolesvc.config.nearest import nearest
from consolesvc.config.reading import Parser, Section, Unreadable, Value, items, list_of
from consolesvc.config.telling import Webhook
from consolesvc.config.yaml_nodes import LONGEST_PATH, shown

EXAMPLE = (
    "{url: https://alerts.lab/consoles, events: [panic, reset-loop], consoles: ['node*'], secret_file: hook.secret}"
)


def _url(value: Value) -> str:
    """A URL of HTTP. It is not quoted where it is wrong: with many services, it is the secret."""
    expected = "a URL such as https://alerts.lab/consoles (what stands here is not shown, it may be secret)"
    written = scalars.plain(value, expected)
    try:
        url = urlsplit(written)
        host, port = url.hostname, url.port
    except ValueError:
        raise value.wrong(f"is no URL, expected {expected}") from None
    if "@" in url.netloc:
        raise value.wrong("holds a user name or a password; sign what is sent with `secret_file` instead")
    known = url.scheme in ("http", "https") and port != 0 and host and (is_ip(host) or is_host_name(host))
    if not known or "#" in written or " " in written or not written.isprintable():
        raise value.wrong(f"is no URL, expected {expected}")
    return written


def _secret_file(value: Value) -> str:
    found = scalars.existing_file(value)
    try:
        secret(Path(found))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise value.wrong(f"{shown(found, LONGEST_PATH)}: {reason}") from None
    return found


def secret(path: Path) -> bytes:
    """The secret in a file: its first line. Raises OSError, and ValueError where that is empty."""
    first = path.read_bytes().partition(b"\n")[0].removesuffix(b"\r")
    if not first:
        raise ValueError("its first line is empty, expected a secret")
    return first


def _words(expected: str) -> Parser[tuple[str, ...]]:
    def word(value: Value) -> str:
        written = scalars.text(value, expected)
        if not written:
            raise value.unexpected(expected)
        return written

    return list_of(word, f"a list of {expected}")


_WEBHOOK: Section[Webhook] = Section(
    Webhook,
    {
        "url": _url,
        "events": _words("names of events, such as panic"),
        "consoles": _words("names of consoles, or patterns such as 'node*'"),
        "secret_file": _secret_file,
    },
)


def webhooks(value: Value) -> tuple[Webhook, ...]:
    """Every entry of the list that can be read."""
    found = []
    for item in items(value, f"a list of entries such as {EXAMPLE}"):
        with suppress(Unreadable):
            found.append(Webhook(**entry(item, _WEBHOOK, ("url",), EXAMPLE)))
    return tuple(found)


def refuse_unknown_events(places: Mapping[str, Value], known: Sequence[str]) -> None:
    """Note each event that no server has: a slip there would be silence for ever.

    Args:
        places: Where each key stands (Reading.places).
        known: All names of events.
    """
    for value in places.values():
        if value.schema != "webhooks[].events" or not isinstance(value.node, yaml.SequenceNode):
            continue
        for item in items(value, "names of events"):
            name = str(item.node.value)
            if isinstance(item.node, yaml.ScalarNode) and name not in known:
                near = nearest(name, known)
                item.note(f"{shown(name)} is no event; {f'did you mean {near}?' if near else _known(known)}")


def _known(names: Sequence[str]) -> str:
    return f"known here: {', '.join(names)}"
