from __future__ import annotations

import re
import uuid

from hypothesis import given
from hypothesis import strategies as st

from consolesvc.http.requests import global_id, loggable, new_request_id

UUID = "4a54c1f1-84ab-4c16-b5cc-f6a7e1d54e51"


def test_request_ids_are_fresh_uuids() -> None:
    """An id is `req-` and a uuid, another one each time."""
    first, second = new_request_id(), new_request_id()
    assert first != second
    assert uuid.UUID(first.removeprefix("req-")).version == 4


def test_global_id_takes_only_its_own_form() -> None:
    """Nothing but `req-<uuid>` of the caller's gets into the log."""
    assert global_id(f"req-{UUID}") == f"req-{UUID}"
    for header in (None, "", UUID, f"req-{UUID}\n", f"req-{UUID}x", "req-1", f"req-{UUID} forged line"):
        assert global_id(header) is None


def test_loggable_hides_tokens() -> None:
    """A token that a client put into the path is not logged, plain or escaped."""
    assert loggable(f"/v2.1/os-console-auth-tokens/{UUID}") == "/v2.1/os-console-auth-tokens/***"
    assert loggable(f"/%3Ftoken%3D{UUID}") == "/%3Ftoken%3D***"
    assert loggable(f"/TOKEN={UUID}&x=1") == "/TOKEN=***&x=1"
    assert loggable(f"/resume={UUID}/x") == "/resume=***/x"


@given(st.text())
def test_loggable_is_one_printable_line(path: str) -> None:
    """Whatever a path holds, its log text is short printable ASCII."""
    assert re.fullmatch(r"[ -~]*", loggable(path))
    assert len(loggable(path * 100)) < 2100
