"""Serial consoles for a lab cloud, behind OpenStack Compute's own API."""

__version__ = "0.1.0"
