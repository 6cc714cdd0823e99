"""The log: a console's bytes on disk, with a sidecar index of times and events (DESIGN 5.5)."""
