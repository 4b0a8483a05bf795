"""Jobs wait here, durably, until a worker has done them."""
