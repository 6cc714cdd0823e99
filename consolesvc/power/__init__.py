"""The power switches of real machines: their commands, and what those do to the states of a server."""
