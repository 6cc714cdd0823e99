"""The configuration: YAML in, frozen and typed out (DESIGN 5.2)."""
