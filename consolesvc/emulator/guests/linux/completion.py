"""What Tab makes of a word: a command at the front of a line, a path anywhere else."""

from __future__ import annotations

import re

from consolesvc.emulator.guests.linux.filesystem import Folder
from consolesvc.emulator.guests.linux.session import Session


def complete(session: Session, text: str) -> tuple[str, list[str]]:
    """The word at the end of `text` and all that it could become; a finished word ends with a space or `/`."""
    match = re.search(r"[^\s;|&<>]*$", text)
    word = match[0] if match else ""
    before = text[: len(text) - len(word)].rstrip()
    if "/" not in word and (not before or before[-1] in ";|&" or before == "sudo"):
        return word, [f"{name} " for name in sorted(session.commands) if name.startswith(word)]
    folder, slash, stem = word.rpartition("/")
    path = re.sub("^~", session.environment.get("HOME", "/"), folder) + slash
    node = session.files.find(path or ".", session.folder)
    if not isinstance(node, Folder):
        return word, []
    found = []
    for name, child in sorted(node.entries.items()):
        if name.startswith(stem) and (stem or not name.startswith(".")):
            found.append(folder + slash + name + ("/" if isinstance(child, Folder) else " "))
    return word, found
