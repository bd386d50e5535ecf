"""Lint Istio meshes from files: no cluster, no network."""

__version__ = "0.1.0"
