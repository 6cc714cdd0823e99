"""What a test does with a console's URL once a client has got it one."""

from __future__ import annotations

import uuid

from websockets.sync.client import connect

from tests.scenarios.process import read_until


def answers(url: str) -> None:
    """The URL leads to a machine that answers."""
    said = uuid.uuid4().hex.encode()
    with connect(url, subprotocols=["binary"], proxy=None) as viewer:  # type: ignore[list-item]  # a NewType of str
        viewer.send(said)
        read_until(viewer, said)
