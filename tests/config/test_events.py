"""`events:` and `webhooks:`: what they come to, and what is said about what is wrong in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from consolesvc.config.events import event_names
from consolesvc.config.load import load
from consolesvc.config.model import Config
from consolesvc.config.telling import EVENT_KINDS, LINE_EVENTS, Events, Webhook
from consolesvc.errors import ConfigurationError

A = "{name: a, line: {type: emulated, guest: echo}"
WORDS = ", ".join((*EVENT_KINDS, *LINE_EVENTS))
URL = "is no URL, expected a URL such as https://alerts.lab/consoles (what stands here is not shown, it may be secret)"


def loaded(folder: Path, text: str) -> Config:
    path = folder / "lab.yaml"
    path.write_text(text)
    return load(path)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, text)
    return str(caught.value).replace(f"{folder}/", "").split("\n")


def test_a_server_says_what_differs(tmp_path: Path) -> None:
    """Key by key, and of the patterns name by name; what it does not say is as in `defaults`."""
    config = loaded(
        tmp_path,
        f"""
defaults:
  events: {{boot: false, login: 'lab: $', silence: 10m, patterns: {{fsck: INCONSISTENCY, disk: I/O error}}}}
servers:
  - {A}}}
  - {A.replace("a,", "b,", 1)}, events: {{boot: yes, panic: 0, silence: 0, reset_loop: 0,
      patterns: {{disk: false, temp: 'over [0-9]+ C'}}}}}}
""",
    )
    everywhere = Events(
        boot=False, login="lab: $", silence=600, patterns=(("fsck", "INCONSISTENCY"), ("disk", "I/O error"))
    )
    assert config.defaults.events == everywhere
    first, second = config.servers
    assert first.events == everywhere
    assert second.events == Events(
        login="lab: $", panic=False, reset_loop=0, patterns=(("fsck", "INCONSISTENCY"), ("temp", "over [0-9]+ C"))
    )
    assert event_names(config) == [*EVENT_KINDS, *LINE_EVENTS, "disk", "fsck", "temp"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("boot: 7", 'boot: 7 is a number to YAML, expected a pattern in RE2\'s syntax, or false; quote it: "7"'),
        ("boot: ''", "boot: found '', expected a pattern in RE2's syntax, or false"),
        ("boot: [a]", "boot: found a list, expected a pattern in RE2's syntax, or false"),
        ("login: '('", "login: '(' is no pattern in RE2's syntax: missing ): ("),
        ("panic: 'a(?=b)'", "panic: 'a(?=b)' is no pattern in RE2's syntax: invalid perl operator: (?="),
        ("reset_loop: true", "reset_loop: found true, expected a whole number, 0 or more"),
        ("silence: never", "silence: found 'never', expected seconds, or a number with s, m or h"),
        (
            "patterns: [a]",
            "patterns: found a list, expected names and patterns, such as {fsck: UNEXPECTED INCONSISTENCY}",
        ),
        ("patterns: {x: true}", "patterns.x: found true, expected a pattern in RE2's syntax, or false"),
        (
            "patterns: {'a b': x}",
            "patterns.a b: `a b` is no name of an event, expected letters, digits, '-' and '_', at most 32",
        ),
        (
            "patterns: {Panic: x}",
            "patterns.Panic: `Panic` is the name of another event; write `panic: PATTERN` one level up",
        ),
        ("patterns: {silence: x}", "patterns.silence: `silence` is the name of another event; choose another"),
        ("patterns: {lost: x}", "patterns.lost: `lost` is the name of another event; choose another"),
        ("boots: false", "unknown key `boots`; did you mean `boot`?"),
    ],
)
def test_wrong_events(tmp_path: Path, text: str, expected: str) -> None:
    """Of a server and of all of them, in the same words."""
    dot = "" if expected.startswith("unknown") else "."
    gap = ": " if not dot else ""
    assert problems(tmp_path, f"servers: [{A}, events: {{{text}}}}}]") == [
        f"lab.yaml:1: servers[0].events{dot}{gap}{expected}"
    ]
    assert problems(tmp_path, f"defaults: {{events: {{{text}}}}}") == [
        f"lab.yaml:1: defaults.events{dot}{gap}{expected}"
    ]


def test_an_endless_pattern_is_refused(tmp_path: Path) -> None:
    """Longer than anybody means."""
    (problem,) = problems(tmp_path, f"defaults: {{events: {{boot: {'x' * 1001}}}}}")
    assert problem.endswith("is no pattern in RE2's syntax: it is longer than 1000 characters")


def test_webhooks(tmp_path: Path) -> None:
    """As they are written; a pattern's name is an event like any other, wherever it is set."""
    (tmp_path / "hook.secret").write_text("s3cret\n")
    text = f"""
webhooks:
  - {{url: "http://127.0.0.1:9/hook?key=1"}}
  - {{url: 'https://alerts.lab/x', events: [panic, lost, fsck], consoles: ['node*', a], secret_file: hook.secret}}
servers: [{A}, events: {{patterns: {{fsck: x}}}}}}]
"""
    assert loaded(tmp_path, text).webhooks == (
        Webhook("http://127.0.0.1:9/hook?key=1"),
        Webhook("https://alerts.lab/x", ("panic", "lost", "fsck"), ("node*", "a"), str(tmp_path / "hook.secret")),
    )


def test_a_webhooks_url_is_never_shown() -> None:
    """Neither where it is wrong nor where it is right: with many services it is the secret."""
    assert "s3cret" not in repr(Webhook("https://hooks.lab/s3cret"))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{}", "webhooks[0]: `url` is missing, expected an entry such as "),
        ("s3cret", "webhooks[0]: is no mapping, expected an entry such as "),
        ("{url: 'ftp://h/s3cret'}", f"webhooks[0].url: {URL}"),
        ("{url: 'https://:80/s3cret'}", f"webhooks[0].url: {URL}"),
        ("{url: 'https://h:99999/s3cret'}", f"webhooks[0].url: {URL}"),
        ("{url: 'https://h/s3cret#a'}", f"webhooks[0].url: {URL}"),
        (
            "{url: 'https://u:s3cret@h/'}",
            "webhooks[0].url: holds a user name or a password; sign what is sent with `secret_file` instead",
        ),
        ("{url: 'http://h', secret: s3cret}", "webhooks[0]: unknown key `secret`; did you mean `secret_file`?"),
        (
            "{url: 'http://h', events: panic}",
            "webhooks[0].events: found 'panic', expected a list of names of events, such as panic",
        ),
        ("{url: 'http://h', events: [panik]}", "webhooks[0].events[0]: 'panik' is no event; did you mean panic?"),
        ("{url: 'http://h', events: [zzz]}", f"webhooks[0].events[0]: 'zzz' is no event; known here: {WORDS}"),
        ("{url: 'http://h', secret_file: nix}", "webhooks[0].secret_file: 'nix' is no file"),
        (
            "{url: 'http://h', secret_file: empty}",
            "webhooks[0].secret_file: 'empty': its first line is empty, expected a secret",
        ),
    ],
)
def test_wrong_webhooks(tmp_path: Path, entry: str, expected: str) -> None:
    """What is wrong is said, and what may be secret is not."""
    (tmp_path / "empty").write_text("\ns3cret\n")
    (problem,) = problems(tmp_path, f"webhooks: [{entry}]")
    assert problem.startswith(f"lab.yaml:1: {expected}")
    assert "s3cret" not in problem


def test_without_patterns_there_is_no_re2() -> None:
    """Memory is a feature: RE2 is imported for the first pattern of one's own."""
    code = "import sys; from consolesvc.config.load import load_demo; load_demo(); sys.exit('re2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
