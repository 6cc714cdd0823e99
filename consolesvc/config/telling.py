"""What is recognised in what machines say, and who is told: `events:` and `webhooks:` (DESIGN 5.2).

Each field's default is the default of the key, as in all of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

EVENT_KINDS = ("boot", "bootloader", "login", "panic", "reset-loop", "silence", "silence-over")
"""What can be recognised in what a machine says; patterns of one's own have names of their own beside these."""


LINE_EVENTS = ("lost", "back", "break", "mark", "power")
"""What else happens to a console and is told to everybody."""


@dataclass(frozen=True, slots=True)
class Events:
    """`events:` what is recognised in what a machine says.

    Attributes:
        boot: Whether a boot is recognised, or a pattern of one's own (RE2) in its place; likewise the next two.
        panic: The same, but that a pattern counts beside what is recognised by itself.
        reset_loop: So many boots in a quarter of an hour, without a login, are a loop; 0 for none.
        silence: Seconds without a byte while the line is open; 0 for none.
        patterns: Name and pattern (RE2) of each event of one's own.
    """

    boot: bool | str = True
    bootloader: bool | str = True
    login: bool | str = True
    panic: bool | str = True
    reset_loop: int = 3
    silence: float = 0
    patterns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Webhook:
    """One of `webhooks:`, which is told of events by HTTP.

    Attributes:
        url: Where it is. Some carry their secret in it: it is never shown.
        events: The events it is told of; none for all that are recognised, but for `silence-over`.
        consoles: Patterns of names, as a shell's; none for all.
        secret_file: Path of the file whose first line signs what it is sent; None for no signature.
    """

    url: str = field(repr=False)
    events: tuple[str, ...] = ()
    consoles: tuple[str, ...] = ()
    secret_file: str | None = None
