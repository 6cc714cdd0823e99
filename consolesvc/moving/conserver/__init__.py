"""conserver.cf, as conserver(8) reads it (conserver.cf(5))."""
