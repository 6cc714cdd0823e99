"""The service in numbers: what is not one console's."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from consolesvc import __version__
from consolesvc.audit.audit import Audit
from consolesvc.elsewhere import Looks
from consolesvc.http.deeds import Answers
from consolesvc.http.renewal import Renewal
from consolesvc.inventory import Inventory
from consolesvc.log.directory import LogDirectory
from consolesvc.metrics.disk import Disk
from consolesvc.metrics.text import Family, Sample, labels
from consolesvc.proxy.face import Proxy

RAW = "raw"
"""What clients speak that speak no subprotocol of ours, or `binary`."""


@dataclass(slots=True)
class Reloads:
    """What became of the configuration since the start.

    Attributes:
        taken: How often it was read again and taken.
        refused: How often it was not, for it was wrong.
        trouble: Why it was refused the last time; None where it was taken.
    """

    taken: int = 0
    refused: int = 0
    trouble: str | None = None


class Sources(NamedTuple):
    """What is read for a scrape.

    Attributes:
        inventory: The consoles.
        made: Ids of servers that were made over the API.
        proxy: Its sessions, and whom it refused.
        tokens: How many tokens are alive; None where nobody knows.
        answers: How requests were answered.
        reloads: What became of the configuration.
        audit: What was written down.
        logs: The folder of the logs; None while there is none.
        renewals: What TLS is spoken with; none where it is not.
        store: The token store, where it is another process.
        identity: Likewise, who says who calls.
    """

    inventory: Inventory
    made: Collection[str]
    proxy: Proxy
    tokens: Callable[[], int | None]
    answers: Answers
    reloads: Reloads
    audit: Audit
    logs: Callable[[], LogDirectory | None]
    renewals: Callable[[], Collection[Renewal]]
    store: Looks
    identity: Looks


_BUILD = Family("consolesvc_build_info", "gauge", "1; the versions of the service, of Python, and the event loop.")
_CONSOLES = Family("consolesvc_consoles", "gauge", "Consoles there are.")
_SESSIONS = Family("consolesvc_sessions", "gauge", "Websockets attached, by what they speak.")
_ATTACHED = Family("consolesvc_sessions_total", "counter", "Websockets that were ever attached.")
_TOKENS = Family("consolesvc_tokens", "gauge", "Tokens of console URLs that are good for connecting.")
_REQUESTS = Family("consolesvc_http_requests_total", "counter", "Requests answered on the API's port, by status class.")
_REFUSALS = Family(
    "consolesvc_refusals_total", "counter", "Clients refused: by the API for want of a right, by the websocket."
)
_LAG = Family(
    "consolesvc_loop_lag_p99_seconds", "gauge", "How late the event loop was, 99th percentile since the last scrape."
)
_WORST = Family(
    "consolesvc_loop_lag_max_seconds", "gauge", "How late the event loop was at most, since the last scrape."
)
_TASKS = Family("consolesvc_tasks", "gauge", "Tasks of the event loop.")
_RELOADS = Family("consolesvc_config_reloads_total", "counter", "Configurations read again, by whether one was taken.")
_REFUSED = Family(
    "consolesvc_config_refused", "gauge", "Whether the configuration's file is wrong, and the old one holds."
)
_EXPIRES = Family(
    "consolesvc_tls_certificate_expiry_timestamp_seconds", "gauge", "When the time of a certificate is over, Unix time."
)
_TROUBLE = Family("consolesvc_tls_trouble", "gauge", "Whether the files of TLS are wrong, or a certificate is over.")
_STORE = Family("consolesvc_token_store_up", "gauge", "Whether the shared token store answered when it was asked last.")
_IDENTITY = Family(
    "consolesvc_identity_up", "gauge", "Whether Keystone answered when it was asked last, and let us in."
)
_QUEUE = Family("consolesvc_log_queue", "gauge", "Pieces of work that wait for the log's thread.")
_LOGS = Family("consolesvc_log_bytes", "gauge", "Bytes in the files of all logs.")
_FREE = Family("consolesvc_log_disk_free_bytes", "gauge", "Bytes free on the disk under the logs.")
_SIZE = Family("consolesvc_log_disk_size_bytes", "gauge", "Size of the disk under the logs.")
_RECORDS = Family("consolesvc_audit_records_total", "counter", "Records of the audit that were written.")
_LOST = Family(
    "consolesvc_audit_lost_records_total", "counter", "Records of the audit that were lost to a failing disk."
)
_FAILING = Family("consolesvc_audit_failing", "gauge", "Whether the audit cannot be written now.")


def texts(sources: Sources, lag: tuple[float, float], disk: Disk | None) -> Iterator[str]:
    """A family at a time.

    Args:
        sources: What is read.
        lag: Of the loop, as Lag takes it.
        disk: Under the logs; None where it is not known.
    """
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    versions = {"version": __version__, "python": sys.version.split()[0], "loop": loop}
    yield _BUILD.text((labels(**versions), 1))
    yield _CONSOLES.text(("", len(sources.inventory)))
    spoken = Counter({RAW: 0, "consolesvc.v1": 0})
    spoken.update(_protocol(session.viewer.protocol) for session in sources.proxy.sessions)
    yield _SESSIONS.text(*_by("protocol", spoken))
    yield _ATTACHED.text(("", sources.proxy.attached))
    if (tokens := sources.tokens()) is not None:
        yield _TOKENS.text(("", tokens))
    yield _REQUESTS.text(*_by("class", sources.answers.classes))
    yield _REFUSALS.text(
        *_by("reason", sources.answers.refusals, face="api"), *_by("reason", sources.proxy.refusals, face="websocket")
    )
    yield _LAG.text(("", round(lag[0], 6)))
    yield _WORST.text(("", round(lag[1], 6)))
    yield _TASKS.text(("", len(asyncio.all_tasks())))
    reloads = {"taken": sources.reloads.taken, "refused": sources.reloads.refused}
    yield _RELOADS.text(*_by("result", reloads))
    yield _REFUSED.text(("", sources.reloads.trouble is not None))
    if renewals := sources.renewals():
        yield _EXPIRES.text(*((labels(file=str(each.tls.cert)), each.expires) for each in renewals))
        yield _TROUBLE.text(("", any(each.trouble for each in renewals)))
    for family, looks in ((_STORE, sources.store), (_IDENTITY, sources.identity)):
        if looks.there:
            up = looks.up()
            yield family.text(*(() if up is None else (("", up),)))
    yield from _logs(sources.logs(), disk)
    if sources.audit.on:
        yield _RECORDS.text(("", sources.audit.records))
        yield _LOST.text(("", sources.audit.lost))
        yield _FAILING.text(("", bool(sources.audit.failing)))


def _logs(directory: LogDirectory | None, disk: Disk | None) -> Iterator[str]:
    if directory is not None:
        yield _QUEUE.text(("", directory.thread.waiting))
    if disk is not None:
        yield _LOGS.text(("", disk.logs))
        yield _FREE.text(("", disk.free))
        yield _SIZE.text(("", disk.size))


def _protocol(protocol: str) -> str:
    return RAW if protocol in ("", "binary") else protocol


def _by(name: str, counts: Mapping[str, int], **first: str) -> Iterator[Sample]:
    return ((labels(**first, **{name: key}), count) for key, count in sorted(counts.items()))
