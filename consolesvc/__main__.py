"""`python -m consolesvc` is `consolesvc`."""

from consolesvc.cli import main

raise SystemExit(main())
