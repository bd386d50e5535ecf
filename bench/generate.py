"""Writes a synthetic mesh without defects: `python bench/generate.py DIRECTORY DOCUMENTS`.

Goes in: a directory and a number of documents. Comes out: a tree with one directory for each of 64
namespaces and one file for each application in it: a Service, two Deployments, a ServiceAccount, a
VirtualService, a DestinationRule with subsets and an AuthorizationPolicy. The same number gives the same
tree, byte for byte.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

NAMESPACES = 64

_NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: {namespace}
  labels:
    istio-injection: enabled
    team: {namespace}
"""
_STRICT = """\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: {namespace}
spec:
  mtls:
    mode: STRICT
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {app}
  namespace: {namespace}
  labels:
    app: {app}
    team: {namespace}
spec:
  selector:
    app: {app}
  ports:
    - name: http
      port: 80
      targetPort: 8080
    - name: grpc-admin
      port: 9090
      targetPort: 9090
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {app}-{version}
  namespace: {namespace}
  labels:
    app: {app}
    version: {version}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: {app}
      version: {version}
  template:
    metadata:
      labels:
        app: {app}
        version: {version}
    spec:
      serviceAccountName: {app}
      containers:
        - name: {app}
          image: registry.example.com/{namespace}/{app}:{version}
          ports:
            - containerPort: 8080
            - containerPort: 9090
"""
_SERVICE_ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {app}
  namespace: {namespace}
"""
_VIRTUAL_SERVICE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: {app}
  namespace: {namespace}
spec:
  hosts:
    - {app}.{namespace}.svc.cluster.local
  http:
    - match:
        - headers:
            x-canary:
              exact: "true"
      route:
        - destination:
            host: {app}.{namespace}.svc.cluster.local
            subset: v2
            port:
              number: 80
    - route:
        - destination:
            host: {app}.{namespace}.svc.cluster.local
            subset: v1
            port:
              number: 80
"""
_DESTINATION_RULE = """\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: {app}
  namespace: {namespace}
spec:
  host: {app}.{namespace}.svc.cluster.local
  trafficPolicy:
    connectionPool:
      http:
        maxRequestsPerConnection: 100
  subsets:
    - name: v1
      labels:
        version: v1
    - name: v2
      labels:
        version: v2
"""
_AUTHORIZATION_POLICY = """\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: {app}
  namespace: {namespace}
spec:
  selector:
    matchLabels:
      app: {app}
  action: ALLOW
  rules:
    - from:
        - source:
            principals:
              - cluster.local/ns/{namespace}/sa/{caller}
      to:
        - operation:
            methods: ["GET", "POST"]
            ports: ["8080"]
"""
_PER_APPLICATION = (
    _SERVICE,
    _SERVICE_ACCOUNT,
    _DEPLOYMENT.replace("{version}", "v1"),
    _DEPLOYMENT.replace("{version}", "v2"),
    _VIRTUAL_SERVICE,
    _DESTINATION_RULE,
    _AUTHORIZATION_POLICY,
)


class Generated(NamedTuple):
    """What was written."""

    documents: int
    files: int
    size: int


def generate(directory: Path, documents: int) -> Generated:
    """Write a mesh of at least so many documents, in whole applications."""
    written = Generated(0, 0, 0)
    for path, texts in _files(documents):
        text = "---\n".join(texts)
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        written = Generated(written.documents + len(texts), written.files + 1, written.size + len(text))
    return written


def _files(documents: int) -> Iterator[tuple[str, list[str]]]:
    """Paths and the documents that each holds, application by application around the namespaces."""
    for number in range(NAMESPACES):
        namespace = f"team-{number:02}"
        yield (
            f"{namespace}/namespace.yaml",
            [_NAMESPACE.format(namespace=namespace), _STRICT.format(namespace=namespace)],
        )
    needed = -(-(documents - 2 * NAMESPACES) // len(_PER_APPLICATION))
    yield from islice(_applications(), max(needed, NAMESPACES))


def _applications() -> Iterator[tuple[str, list[str]]]:
    """Endless; each application is called by the one before it in its namespace, the first by itself."""
    round_ = 0
    while True:
        app, caller = f"app-{round_:03}", f"app-{max(round_ - 1, 0):03}"
        for number in range(NAMESPACES):
            namespace = f"team-{number:02}"
            texts = [text.format(app=app, caller=caller, namespace=namespace) for text in _PER_APPLICATION]
            yield f"{namespace}/{app}.yaml", texts
        round_ += 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    mesh = generate(Path(sys.argv[1]), int(sys.argv[2]))
    print(f"{mesh.documents} documents in {mesh.files} files, {mesh.size} bytes")
