"""What is recognised, in a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consolesvc.console.events import duration


def sentence(name: str, kind: str, facts: Mapping[str, Any]) -> str:
    """What happened to the console `name`.

    Args:
        name: The console's.
        kind: One of EVENT_KINDS, or the name of a pattern.
        facts: `line`, the text where it was found; `seconds`; of a reset loop, `boots`; of a panic, `what` it is;
            of a pattern, `more`, lines that are not told.
    """
    took = duration(facts.get("seconds", 0))
    match kind:
        case "boot":
            said = "boots"
        case "bootloader":
            said = "boot loader waits"
        case "login":
            said = f"asks for a login after {took}" if "seconds" in facts else "asks for a login"
        case "panic":
            said = str(facts.get("what", kind))
        case "reset-loop":
            return f"{name} reset loop: {facts.get('boots')} boots in {took} without a login"
        case "silence":
            return f"{name} is silent for {took}"
        case "silence-over":
            return f"{name} speaks again after {took} of silence"
        case _:
            said = kind
    more = f" (and {facts['more']} more lines)" if facts.get("more") else ""
    return f"{name} {said}: {facts.get('line', '')}{more}"
