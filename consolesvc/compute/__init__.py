"""The OpenStack Compute API: versions, servers, consoles, microversions, faults."""
