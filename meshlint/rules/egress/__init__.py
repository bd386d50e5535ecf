"""Egress: what a Sidecar imports, and how traffic leaves the mesh."""
