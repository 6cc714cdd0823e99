"""Fake servers: a guest (bytes and time in, bytes out) behind a PTY."""
