"""The Kubernetes Gateway API: routes, the listeners that they attach to, and references between them."""
