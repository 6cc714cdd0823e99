"""Webhooks: events, told to others by HTTP (`webhooks:` of the configuration)."""
