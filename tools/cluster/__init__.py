"""What is known of a Kubernetes cluster's state: the same facts, whoever told them and in whatever shape."""
