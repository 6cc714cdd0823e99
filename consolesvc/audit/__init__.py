"""The audit: who did what, in a file of its own."""
