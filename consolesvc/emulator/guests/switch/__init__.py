"""The `switch` guest: a network device with its own command language."""
