"""How our own commands speak TLS with a service: as OpenStack's clients do, by the same variables.

`OS_CACERT` names the CA of a lab that no system knows; `OS_CERT` and `OS_KEY` what to show a service that asks for it.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from consolesvc.errors import ClientError

USAGE = 2
"""Exit code of DESIGN 5.1."""


def client_tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    """What to connect with; raises ClientError for a variable that names no such file."""
    ca, cert, key = (environ.get(name) or None for name in ("OS_CACERT", "OS_CERT", "OS_KEY"))
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise ClientError(f"OS_CACERT={ca}: {_why(error)}; expected a CA's certificate in PEM", USAGE) from None
    if cert is not None:
        try:
            context.load_cert_chain(cert, key)
        except OSError as error:
            more = "" if key is None else f" OS_KEY={key}"
            expected = "expected a certificate and its key in PEM"
            raise ClientError(f"OS_CERT={cert}{more}: {_why(error)}; {expected}", USAGE) from None
    return context


def refused_certificate(error: BaseException, variable: str = "OS_CACERT") -> str | None:
    """What an error at connecting says where it is about the service's certificate; None where it is not.

    Args:
        error: What was raised.
        variable: That of the environment by which another CA is trusted.
    """
    cause: BaseException | None = error
    while cause is not None:
        # By attribute: aiohttp's own errors are of these classes as well, and have neither.
        if message := getattr(cause, "verify_message", ""):
            return f"its certificate is not trusted: {message}; {variable} names the CA of a lab of one's own"
        if getattr(cause, "reason", "") == "WRONG_VERSION_NUMBER":
            return "it speaks no TLS there: is it http:// or ws://?"
        cause = cause.__cause__ or cause.__context__
    return None


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).lower().replace("_", " ")
    return error.strerror or str(error)
