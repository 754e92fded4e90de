"""What only a cluster can say: charts before a real Kubernetes API server, its controllers, and the real Helm."""
