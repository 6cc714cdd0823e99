"""From the files that `tls:` names to what TLS is spoken with, or to what is wrong with them."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from typing import NamedTuple

from consolesvc.config.access import Tls
from consolesvc.config.certificate import Validity, validity
from consolesvc.errors import TlsUnusable
from consolesvc.ownership import unreadable

LARGEST = 1024 * 1024
"""Bytes of a file that are read: a bundle of all public CAs has a quarter of it."""
_MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
"""OpenSSL's words where a key is of another certificate; the last one where it is not even of the same kind."""
_DER = b"\x30\x82"
_CERTIFICATE, _PRIVATE_KEY = b"-----BEGIN CERTIFICATE-----", b"PRIVATE KEY-----"


class LoadedTls(NamedTuple):
    """What a port speaks TLS with.

    Attributes:
        context: For new connections.
        validity: From when to when its certificate is good.
        digest: Of all the files' bytes: equal digests are the same files.
    """

    context: ssl.SSLContext
    validity: Validity
    digest: bytes


def load_tls(tls: Tls) -> LoadedTls:
    """Read the files and make them into a context.

    Raises:
        TlsUnusable: a file cannot be read or is not what it should be, or the key is not the certificate's.
    """
    cert = _read("cert", tls.cert)
    if _CERTIFICATE not in cert:
        raise TlsUnusable("cert", f"{tls.cert} {_no_pem(cert, 'certificate')}")
    key_name, key_path = ("cert", tls.cert) if tls.key is None else ("key", tls.key)
    key = cert if tls.key is None else _read("key", tls.key)
    _check_key(key_name, key_path, key)
    try:
        good = validity(cert.decode("ascii", "replace"))
    except ValueError as error:
        raise TlsUnusable("cert", f"{tls.cert}: {error}") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if tls.min_version == "1.3" else ssl.TLSVersion.TLSv1_2
    # A client that renegotiates has the server do a handshake's work for a few bytes of its own.
    context.options |= ssl.OP_NO_RENEGOTIATION
    # Else a browser may ask for HTTP/2, which nothing here speaks.
    context.set_alpn_protocols(["http/1.1"])
    _take_pair(context, tls.cert, key_path, key_name)
    _take_ciphers(context, tls.ciphers)
    parts = [cert, key]
    if tls.client_ca is not None:
        parts.append(_take_client_ca(context, tls.client_ca))
    return LoadedTls(context, good, hashlib.sha256(b"\0".join(parts)).digest())


def _read(key: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except FileNotFoundError:
        raise TlsUnusable(key, f"{path} is no file") from None
    except IsADirectoryError:
        raise TlsUnusable(key, f"{path} is a directory, expected a file in PEM") from None
    except PermissionError:
        raise TlsUnusable(key, unreadable(path)) from None
    except OSError as error:
        raise TlsUnusable(key, f"{path} cannot be read: {error.strerror}") from None


def _no_pem(data: bytes, what: str) -> str:
    cure = "; it looks like DER, which `openssl x509 -inform der` turns into PEM" if data.startswith(_DER) else ""
    return f"holds no {what}, expected PEM with `-----BEGIN {what.upper()}-----`{cure}"


def _check_key(key: str, path: Path, data: bytes) -> None:
    if _PRIVATE_KEY not in data:
        missing = "holds no private key, expected PEM with `-----BEGIN PRIVATE KEY-----`"
        more = ", or `key` beside it" if key == "cert" else ""
        raise TlsUnusable(key, f"{path} {missing}{more}")
    if b"BEGIN ENCRYPTED PRIVATE KEY" in data or b"4,ENCRYPTED" in data:
        cure = "`openssl pkey -in OLD -out NEW` takes its passphrase away"
        raise TlsUnusable(key, f"the key in {path} is encrypted, expected one without a passphrase; {cure}")


def _take_pair(context: ssl.SSLContext, cert: Path, key: Path, key_name: str) -> None:
    try:
        # A password, so that OpenSSL never asks for one at the terminal.
        context.load_cert_chain(cert, key, password="")
    except ssl.SSLError as error:
        if error.reason in _MISMATCHES:
            first = "the first one there is to be the server's own, its chain comes after it"
            raise TlsUnusable(key_name, f"the key in {key} is not that of the certificate in {cert}; {first}") from None
        raise TlsUnusable("cert", f"{cert} and {key} cannot be used: {reason(error)}") from None
    except OSError as error:
        raise TlsUnusable("cert", f"{cert} or {key} cannot be read: {error.strerror}") from None


def _take_ciphers(context: ssl.SSLContext, ciphers: str) -> None:
    if ciphers:
        try:
            context.set_ciphers(ciphers)
        except ssl.SSLError:
            expected = "OpenSSL's names with colons between them, as `openssl ciphers` lists them"
            raise TlsUnusable(
                "ciphers", f"found {ciphers[:100]!r}, of which no cipher comes, expected {expected}"
            ) from None


def _take_client_ca(context: ssl.SSLContext, path: Path) -> bytes:
    data = _read("client_ca", path)
    if _CERTIFICATE not in data:
        raise TlsUnusable("client_ca", f"{path} {_no_pem(data, 'certificate')}")
    try:
        context.load_verify_locations(cadata=data.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError) as error:
        why = reason(error) if isinstance(error, ssl.SSLError) else str(error)
        raise TlsUnusable("client_ca", f"{path} cannot be used: {why}") from None
    if not context.cert_store_stats()["x509_ca"]:
        expected = "expected the CA that issued the clients' certificates"
        raise TlsUnusable("client_ca", f"no certificate in {path} is that of a CA, {expected}")
    context.verify_mode = ssl.CERT_REQUIRED
    return data


def reason(error: ssl.SSLError) -> str:
    """What OpenSSL has to say, in words: `no shared cipher`."""
    text = (error.reason or str(error)).lower().replace("_", " ")
    detail = getattr(error, "verify_message", "")
    return f"{text}: {detail}" if detail else text
