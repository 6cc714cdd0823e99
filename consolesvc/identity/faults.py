"""Errors as Keystone and keystonemiddleware show them (nova-contract 1.5)."""

from __future__ import annotations

from http import HTTPStatus

from consolesvc.http.faults import Fault

UNAUTHENTICATED = "The request you have made requires authentication."
UNAVAILABLE = "The identity service is not available. Try again later."


class KeystoneFault(Fault):
    """An error whose document is Keystone's: `{"error": {"code", "message", "title"}}`."""

    @property
    def name(self) -> str:
        """The same for every status."""
        return "error"

    def content(self, message: str) -> dict[str, object]:
        """What stands under it."""
        return {"code": self.status, "message": message, "title": HTTPStatus(self.status).phrase}


def unauthenticated() -> KeystoneFault:
    """401: no token, or none that is good. Which of the two is not said; nor does Keystone."""
    return KeystoneFault(HTTPStatus.UNAUTHORIZED, UNAUTHENTICATED)


def unavailable() -> Fault:
    """503: nobody can say now whether a token is good, so nobody is let in."""
    return Fault(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE)
