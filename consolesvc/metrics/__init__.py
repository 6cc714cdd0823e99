"""What Prometheus reads: the consoles and the process in numbers, at `/metrics`."""
