"""The native JSON API under /console/v1/."""
