"""What documents promise each other, and what Kubernetes takes."""
