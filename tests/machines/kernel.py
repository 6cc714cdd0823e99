"""What a machine needs from this host: QEMU, a busybox, and the kernel that scripts/machine has put into the cache."""

from __future__ import annotations

import shutil

import pytest

from tests.scenarios.process import ROOT, STRICT

KERNEL = ROOT / ".venvs/machine/vmlinuz"
QEMU = "qemu-system-x86_64"


def _missing() -> str:
    if shutil.which(QEMU) is None:
        return f"no {QEMU} here: apt install qemu-system-x86"
    if shutil.which("busybox") is None:
        return "no busybox here: apt install busybox-static"
    if not KERNEL.exists():
        return f"no kernel in {KERNEL.relative_to(ROOT)}: scripts/machine gets it"
    return ""


needs_machine = pytest.mark.skipif(bool(_missing()) and not STRICT, reason=_missing() or "all is there")
"""Skip where there is no machine to be had, and say why; under CONSOLESVC_TEST_STRICT=1 run, and fail."""
