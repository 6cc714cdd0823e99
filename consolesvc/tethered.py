"""`python -m consolesvc.tethered COMMAND …`: a command of consolesvc that ends when its stdin does.

For whoever starts a service and may be killed before ending it: the other end of the pipe goes with them, and the
service is told TERM.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from consolesvc.cli import main


def _watch() -> None:
    """End this process when nobody holds the other end of stdin any more."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_watch, name="tether", daemon=True).start()
    sys.exit(main(sys.argv[1:]))
