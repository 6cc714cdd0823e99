"""People at a console's input."""

from __future__ import annotations

from consolesvc.config.server import Input
from consolesvc.console.sharing import Sharing

ALICE, BOB, CAROL, LOOKER = "alice", "bob", "carol", "looker"


def shared_by(mode: Input, *people: str, idle: float = 300.0) -> Sharing:
    """A console's input with these people at it; LOOKER's token does not type."""
    sharing = Sharing(mode, idle)
    for who in people or (ALICE, BOB, CAROL, LOOKER):
        sharing.attach(who, may_type=who != LOOKER)
    return sharing
