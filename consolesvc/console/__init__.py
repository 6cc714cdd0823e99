"""A server's line kept open: its output in a ring, its input path, its viewers."""
