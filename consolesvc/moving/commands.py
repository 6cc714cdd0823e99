"""Commands of another configuration: their passwords taken out where we know how, and told where one may be left."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from consolesvc.moving.ipmi import KEY, PASSWORD
from consolesvc.moving.moved import Entry, Moved, Place

_WITH_ARGUMENT: Final = frozenset("ABCDHILNOPRSTUbdefklmoptyz")
"""Options of ipmitool's that take one (ipmitool(1))."""
_READ_FROM_ENVIRONMENT: Final = {"P": ("-E", PASSWORD), "k": ("-K", KEY)}
"""Options whose argument is a secret, what stands for each without it, and the variable that has it then."""
_OTHERS_MEANING = re.compile(r"[$`\\|&;<>()*?~#!{}\[\]\n]")
"""What a shell makes more of than words, wherever it stands."""
_LOOKS_SECRET: Final = tuple(
    map(
        re.compile,
        (
            r"(?i)(?:^|\s)--?pass(?:word|wd|phrase)?(?=[=\s]|$)",
            r"(?i)\w*pass(?:word|wd|phrase)=\S",
            r"://[^/\s:@]+:[^/\s@]+@",
            r"\bsshpass\s+-p",
            r"\bipmitool\b.*\s-[Pky]",  # -p is a port
            r"\bipmi(?:power|console)\b.*\s-p",  # FreeIPMI's -P asks for it
        ),
    )
)
TOLD: Final = (
    "what looks like a password is in the configuration, and `ps` shows it to all: "
    "have its program read it from a file, or from the line's env_file"
)


def words_of(text: str) -> list[str] | None:
    """The words of a shell's text; None where it is more than words and quotes."""
    if _OTHERS_MEANING.search(text):
        return None
    try:
        return shlex.split(text)
    except ValueError:
        return None


def command(name: str, place: Place, line: dict[str, Any], told: tuple[Place, str], moved: Moved) -> Entry:
    """The entry of a command, its passwords in `secrets`; one that may be left is told.

    Args:
        name: The console's.
        place: Where it is defined.
        line: The keys of its line, with `argv` or `shell`.
        told: Where the command stands, and what it is called in a note.
        moved: What is told goes there.
    """
    argv: Sequence[str] | None = line.get("argv")
    shell = str(line.get("shell", ""))
    secrets: dict[str, str] = {}
    if argv is None:
        found = words_of(shell)
        argv = found[1:] if found is not None and found[:1] == ["exec"] else found
    if argv and PurePosixPath(argv[0]).name == "ipmitool":
        bare = [argv[0], *_without_secrets(argv[1:], secrets)]
        if secrets:
            line = {"type": line["type"], "argv": bare}
    left = shlex.join(line["argv"]) if "argv" in line else shell
    if any(pattern.search(left) for pattern in _LOOKS_SECRET):
        moved.mention(*told, TOLD)
    return Entry(name, line, place, secrets=secrets)


def _without_secrets(words: Sequence[str], secrets: dict[str, str]) -> Iterator[str]:
    """The words of ipmitool, each secret taken out and put into `secrets`; of one that is there twice, the last."""
    given = iter(words)
    for word in given:
        at = next((n for n, letter in enumerate(word) if n and letter in _WITH_ARGUMENT), 0)
        if word[:1] != "-" or word[:2] == "--" or not at:
            yield word
            continue
        value = word[at + 1 :] or next(given, "")
        instead = _READ_FROM_ENVIRONMENT.get(word[at])
        if instead is None or not value:
            yield word
            if word[at + 1 :] == "" and value:
                yield value
            continue
        option, variable = instead
        if at > 1:  # `-vP secret`
            yield word[:at]
        if variable not in secrets:
            yield option
        secrets[variable] = value
