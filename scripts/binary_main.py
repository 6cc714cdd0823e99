"""What runs first in the one-file build: scripts/build-binary puts this in the place of shiv's own `__main__.py`.

Three things shiv leaves to chance are settled here, before it: that the interpreter is one the packed C extensions
were built for; where the packages are unpacked, also for a user without a home; and that nobody else can have put
something there. Any Python parses this file, back to 2.7, for the sentence it has to say to it: hence no newer syntax.
"""

# ruff: noqa: ANN001, ANN201, PTH102, PTH111, PTH112, PTH116, PTH118 - annotations and pathlib are newer than what has to parse and begin this file
# ruff: noqa: INP001 - it stands alone in the archive

import os
import stat
import sys
import tempfile

BUILT_FOR = "@BUILT_FOR@"
"""Written in by scripts/build-binary: the suffix of a C extension, such as `.cpython-311-x86_64-linux-gnu.so`."""
PYTHON = "@PYTHON@"
"""Written in likewise: the minor version, such as `3.11`."""


def die(text):
    """End with one sentence on stderr."""
    sys.stderr.write("consolesvc: " + text + "\n")
    sys.exit(1)


def check_interpreter():
    """End where the packed C extensions cannot be loaded."""
    running = ".".join(str(part) for part in sys.version_info[:2])
    if running != PYTHON:
        die(
            "this file is for Python " + PYTHON + " and was started with Python " + running + "; start it with `python"
            "" + PYTHON + " " + sys.argv[0] + "`, or build one for Python " + running + " with scripts/build-binary."
        )
    from importlib.machinery import EXTENSION_SUFFIXES  # noqa: PLC0415 - Python 2 has none, and is told so above

    if BUILT_FOR not in EXTENSION_SUFFIXES:
        here = EXTENSION_SUFFIXES[0]
        die(
            "this file is for "
            + BUILT_FOR[1:-3]
            + " and this is "
            + here[1:-3]
            + "; build one here with scripts/build-binary."
        )


def unpack_folder():
    """A folder that only we can write to: where it is lasting, the next start need not unpack again.

    Returns the path, and whether it is to be removed at the end.
    """
    uid = os.geteuid()
    try:
        for folder in candidates(uid):
            if is_private(folder, uid):
                return folder, False
        return tempfile.mkdtemp(prefix="consolesvc-"), True
    except OSError:
        die("needs a folder to unpack into, and may write to none of its own; name one in SHIV_ROOT.")


def candidates(uid):
    """Lasting places, the best first. A home counts where it is ours: under sudo, HOME may be another user's."""
    cache = os.environ.get("CACHE_DIRECTORY", "").split(":")[0]  # systemd's
    if cache:
        yield os.path.join(cache, "unpacked")
    home = os.path.expanduser("~")
    for parent in (os.environ.get("XDG_CACHE_HOME", ""), os.path.join(home, ".cache"), home):
        if owner(parent) == uid:
            yield os.path.join(parent, "consolesvc" if parent != home else ".consolesvc")
    shared = tempfile.gettempdir()
    if os.stat(shared).st_mode & (stat.S_ISVTX | stat.S_IWOTH) != stat.S_IWOTH:
        yield os.path.join(shared, "consolesvc-" + str(uid))


def owner(path):
    """The uid a directory belongs to; None where there is no such directory."""
    return os.stat(path).st_uid if os.path.isdir(path) else None


def is_private(folder, uid):
    """Make a folder if need be; whether it is ours alone, no link, and may hold what is loaded as code."""
    import contextlib  # noqa: PLC0415 - Python 2 has no `suppress`

    with contextlib.suppress(OSError):  # it is there, or cannot be: lstat tells
        os.mkdir(folder, 0o700)
    try:
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or stat.S_IMODE(found.st_mode) & 0o077:
            return False
        return os.access(folder, os.W_OK | os.X_OK) and not os.statvfs(folder).f_flag & os.ST_NOEXEC
    except OSError:
        return False


def main():
    """Settle the three things and hand over to shiv."""
    check_interpreter()
    remove = False
    if not os.environ.get("SHIV_ROOT"):
        os.environ["SHIV_ROOT"], remove = unpack_folder()
    if remove:
        import atexit  # noqa: PLC0415 - hardly ever needed
        import shutil  # noqa: PLC0415 - hardly ever needed

        atexit.register(shutil.rmtree, os.environ["SHIV_ROOT"], ignore_errors=True)
    import _bootstrap  # noqa: PLC0415 - it imports what other Pythons lack

    _bootstrap.bootstrap()


if __name__ == "__main__":
    main()
