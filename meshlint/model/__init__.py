"""Typed views of Kubernetes and Istio objects."""
