"""ser2net's configuration: the YAML of version 4 (ser2net.yaml(5)), and the lines of version 3 (ser2net.conf)."""
