"""What a line to another consolesvc speaks TLS with, where its configuration says so: `cacert`, `cert`, `key`.

The files are read for each connection: what was renewed counts with the next one.
"""

from __future__ import annotations

import ssl
from typing import Literal

from consolesvc.config.linespec import RemoteSpec
from consolesvc.errors import LineUnavailable
from consolesvc.lines.thread import in_thread

Trust = ssl.SSLContext | Literal[True]
"""What aiohttp takes: a context of ours, or True for the system's."""


async def trust(spec: RemoteSpec) -> Trust:
    """What to connect with; raises LineUnavailable for files that are not what they should be."""
    if spec.cacert is None and spec.cert is None:
        return True
    return await in_thread(f"read the CA of {spec.url}", lambda: _context(spec), lambda _: None)


def _context(spec: RemoteSpec) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=spec.cacert)
    except OSError as error:
        raise LineUnavailable(
            f"cacert: {spec.cacert}: {_why(error)}", "a CA's certificate in PEM is expected"
        ) from None
    if spec.cert is not None:
        try:
            # A password, so that OpenSSL never asks for one at the terminal.
            context.load_cert_chain(spec.cert, spec.key, password="")
        except OSError as error:
            pair = spec.cert if spec.key is None else f"{spec.cert} and {spec.key}"
            cure = "a certificate and its key in PEM, without a passphrase, are expected"
            raise LineUnavailable(f"cert: {pair}: {_why(error)}", cure) from None
    return context


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).lower().replace("_", " ")
    return error.strerror or str(error)
