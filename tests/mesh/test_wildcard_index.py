"""The index that answers which hosts a wildcard covers agrees with the definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meshlint.mesh import Mesh
from meshlint.model.names import covers
from meshlint.model.resource import read_resource
from meshlint.source.document import SourceFile
from meshlint.source.yaml import parse

labels = st.lists(st.sampled_from(["a", "b", "ab", "svc", "x-a"]), min_size=1, max_size=4).map(".".join)
wildcards = labels.map(lambda host: f"*.{host}")


@given(st.lists(labels | wildcards, max_size=12), wildcards | st.just("*"))
def test_hosts_covered_by_a_wildcard(hosts: list[str], wildcard: str) -> None:
    entry = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": {"name": "all", "namespace": "prod"},
        "spec": {"hosts": hosts},
    }
    document = parse(SourceFile("x.json", str(entry).replace("'", '"'))).documents[0]
    mesh = Mesh([read_resource(document)])
    assert [found.host for found in mesh.hosts_covered_by(wildcard)] == [
        h for h in hosts if covers(wildcard, h)
    ]
