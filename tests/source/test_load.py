"""From paths to scopes: which files are read, what is passed over, and which documents form a mesh."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from meshlint.errors import InputError
from meshlint.source import Input, LoadOptions, load
from meshlint.source.templates import is_unresolved

Tree = dict[str, str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "tree"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def write(tree: Tree) -> None:
    for name, text in tree.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def service(name: str, namespace: str = "") -> str:
    where = f"\n  namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}{where}\n"


def names(given: Input, scope: str = "") -> list[str]:
    (found,) = (s for s in given.scopes if s.name == scope)
    return [document.root.at("metadata", "name").text for document in found.documents]


def skipped(given: Input) -> dict[str, str]:
    return {path: kind for path, kind, _ in given.skipped}


def taints(given: Input, scope: str = "") -> set[str | None]:
    (found,) = (s for s in given.scopes if s.name == scope)
    return {taint.namespace for taint in found.taints}


def test_every_file_is_read_once_and_accounted_for() -> None:
    write(
        {
            "b.yml": service("b"),
            "a/a.yaml": service("a") + "---\n# nothing\n---\n" + service("a2"),
            "a/c.json": '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Service", '
            '"metadata": {"name": "c"}}]}',
            "values.yaml": "kind: of\n",
            "notes.txt": service("none"),
            "vendor/x.yaml": service("none"),
            "a/node_modules/x.yaml": service("none"),
        }
    )
    given = load(["a", ".", "b.yml", "a/a.yaml"])
    assert names(given) == ["a", "a2", "c", "b"]
    assert (given.files, given.documents) == (4, 5)
    assert list(given.sources) == sorted(given.sources)
    assert skipped(given) == {
        "values.yaml": "not_kubernetes",
        "vendor": "excluded",
        "a/node_modules": "excluded",
    }


def test_the_order_of_arguments_is_nothing() -> None:
    write({"a.yaml": service("a"), "b.yaml": service("b")})
    assert names(load(["b.yaml", "a.yaml"])) == names(load(["a.yaml", "b.yaml"])) == ["a", "b"]


def test_a_path_that_is_not_there() -> None:
    with pytest.raises(InputError, match="nowhere"):
        load(["nowhere"])


def test_a_named_path_is_never_passed_over(here: Path) -> None:
    write({"vendor/x.txt": service("x"), ".gitignore": "vendor\nbuild\n", "build/sub/y.yaml": service("why")})
    (here / ".git").mkdir()
    assert names(load(["vendor/x.txt", "build/sub"])) == ["why", "x"]


def test_exclude_is_written_as_gitignore_is() -> None:
    write(
        {
            "a.yaml": service("a"),
            "gen/b.yaml": service("b"),
            "x/gen/c.yaml": service("c"),
            "x/d.gen.yaml": service("d"),
        }
    )
    given = load(["."], LoadOptions(exclude=("/gen/", "*.gen.yaml")))
    assert names(given) == ["a", "c"]
    assert skipped(given) == {"gen": "excluded", "x/d.gen.yaml": "excluded"}


def test_gitignore_is_read_from_the_root_of_the_checkout_down(here: Path) -> None:
    write(
        {
            ".gitignore": "out/\n*.tmp.yaml\n!\n",
            "k8s/a.yaml": service("a"),
            "k8s/a.tmp.yaml": service("none"),
            "k8s/out/b.yaml": service("none"),
            "k8s/keep/.gitignore": "!*.tmp.yaml\n",
            "k8s/keep/c.tmp.yaml": service("c"),
        }
    )
    assert names(load(["k8s"])) == ["none", "a", "c", "none"]
    (here / ".git").mkdir()
    assert names(load(["k8s"])) == ["a", "c"]


def test_pathspec_is_imported_only_for_patterns() -> None:
    write({"a.yaml": service("a")})
    before = sys.modules.pop("pathspec", None)
    load(["."])
    assert "pathspec" not in sys.modules
    if before is not None:
        sys.modules["pathspec"] = before


def test_symbolic_links_are_never_followed_out_of_the_tree_or_in_circles(here: Path) -> None:
    write({"a/x.yaml": service("x"), "b/y.yaml": service("why"), "../secret/z.yaml": service("z")})
    links: dict[str, str | Path] = {
        "a/out": here.parent / "secret", "a/z.yaml": here.parent / "secret/z.yaml", "a/self.yaml": "self.yaml",
        "a/up": "..", "b/a": "../a", "a/b": "../b", "b/again.yaml": "y.yaml", "b/gone.yaml": "nothing",
    }  # fmt: skip
    for link, target in links.items():
        Path(link).symlink_to(target)
    given = load(["."])
    assert names(given) == ["x", "why"]
    assert skipped(given) == {"a/out": "excluded", "a/z.yaml": "excluded"}
    assert names(load(["a/out"])) == ["z"]


def test_encodings() -> None:
    write({"bom.yaml": "\ufeff" + service("bom")})
    Path("wide.yaml").write_bytes(service("wide").encode("utf-16"))
    Path("latin.yaml").write_bytes(b"apiVersion: networking.istio.io/v1\nkind: Gateway # caf\xe9\n")
    given = load(["."])
    assert names(given) == ["bom", "wide"]
    assert [(p.kind, p.place.document.file.path) for p in given.problems] == [("invalid-yaml", "latin.yaml")]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_does_not_stop_the_rest(here: Path) -> None:
    write({"a.yaml": service("a"), "b.yaml": service("b")})
    (here / "a.yaml").chmod(0)
    given = load(["."])
    assert (names(given), skipped(given)) == (["b"], {"a.yaml": "unreadable"})


def test_invalid_yaml_is_a_problem_where_it_concerns_istio_and_a_taint_wherever_there_are_manifests() -> None:
    broken = "metadata:\n  namespace: shop\n bad: [\n"
    write(
        {
            "ci.yaml": "kind: [\n",
            "svc.yaml": f"apiVersion: v1\nkind: Service\n{broken}",
            "vs.yaml": f"apiVersion: networking.istio.io/v1\nkind: VirtualService\n{broken}---\n"
            + service("a"),
        }
    )
    given = load(["."])
    assert names(given) == ["a"]
    assert [(p.kind, p.place.document.file.path, p.place.span.start.line) for p in given.problems] == [
        ("invalid-yaml", "vs.yaml", 5)
    ]
    assert taints(given) == {"shop"}
    assert skipped(given) == {"ci.yaml": "unreadable", "svc.yaml": "unreadable"}
    assert [p.place.document.file.path for p in load(["ci.yaml"]).problems] == ["ci.yaml"]


@pytest.mark.parametrize(
    ("text", "tainted"),
    [
        ("metadata:\n  name: {{ .Values.name }}\n  namespace: shop\n", {"shop"}),
        ("metadata:\n  name: {{ .Values.name }}\n  namespace: {{ .Release.Namespace }}\n", {None}),
        ("{{- if .Values.on }}\nmetadata:\n  name: x\n{{- end }}\n", {""}),
        ("metadata:\n  name: <%= name %>\n<% if x %>\n", {""}),
        ("metadata:\n  name: #@ data.values.name\n  namespace: shop\n", {"shop"}),
    ],
)
def test_templates_are_skipped_and_taint(text: str, tainted: set[str | None]) -> None:
    write(
        {"t.yaml": "apiVersion: networking.istio.io/v1\nkind: Gateway\n" + text, "plain.yaml": service("x")}
    )
    given = load(["."])
    assert names(given) == ["x"]
    assert [(p.kind, p.place.document.file.path) for p in given.problems] == [
        ("unrendered-template", "t.yaml")
    ]
    assert (taints(given), skipped(given)) == (tainted, {"t.yaml": "template"})


def test_template_syntax_inside_scalars_is_text() -> None:
    write(
        {
            "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio.io}\ndata:\n  a: |\n    {{ x }}\n    #@ y\n"
        }
    )
    given = load(["."])
    assert (names(given), given.problems, taints(given)) == (["istio.io"], (), set())


def test_workflows_with_template_syntax_taint_nothing() -> None:
    write({"ci.yaml": "kind: x\n{{ if }}\n"})
    assert taints(load(["."])) == set()


@pytest.mark.parametrize(
    "text", ["${X}", "a-${X}.svc", "$(HOST)", "$X", "{{ x }}", "<NAME>", "@@X@@", "DEX_SERVICE.DEX_NS.svc"]
)
def test_values_that_wait_for_substitution(text: str) -> None:
    assert is_unresolved(text)


@pytest.mark.parametrize(
    "text", ["", "reviews.shop.svc.cluster.local", "*.example.com", "a_b", "~^/api$", "API", "a>b<c"]
)
def test_values_that_are_resolved(text: str) -> None:
    assert not is_unresolved(text)


def test_an_unresolved_name_or_namespace_taints() -> None:
    write({"a.yaml": service("${NAME}", "shop"), "b.yaml": service("b", "${NS}")})
    given = load(["."])
    assert (len(names(given)), taints(given), given.problems) == (2, {"shop", None}, ())


def test_a_file_that_waits_for_substitution_is_named_once_where_it_concerns_istio() -> None:
    gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: $(NAME)}\n"
    write({"a.yaml": f"{gateway}---\n{gateway}"})
    (problem,) = load(["."]).problems
    assert (problem.kind, problem.place.span.start[:2]) == ("unrendered-template", (3, 18))


def test_expectations_of_test_suites_are_no_objects() -> None:
    write(
        {
            "x/chainsaw-test.yaml": "kind: Test\n",
            "x/a.yaml": service("none"),
            "y/01-assert.yaml": service("none"),
            "b.yaml": service("b"),
        }
    )
    given = load(["."])
    assert names(given) == ["b"]
    assert set(skipped(given).values()) == {"not_kubernetes"}


KUSTOMIZE = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def test_each_overlay_is_a_mesh() -> None:
    write(
        {
            "base/kustomization.yaml": "resources:\n- svc.yaml\n",
            "base/svc.yaml": service("base"),
            "dev/kustomization.yaml": KUSTOMIZE + "namespace: dev\nresources: [../base, own.yaml]\n",
            "dev/own.yaml": service("own"),
            "prod/Kustomization": KUSTOMIZE
            + "resources: [../base]\npatches:\n- path: p.yaml\n- target: {kind: Gateway, name: g}\n"
            "  patch: '[]'\n- patch: |-\n    kind: Deployment\n    metadata: {name: d}\n",
            "prod/p.yaml": service("base"),
            "loose.yaml": service("loose", "apart"),
        }
    )
    given = load(["."])
    assert [scope.name for scope in given.scopes] == ["", "dev/kustomization.yaml", "prod/Kustomization"]
    assert names(given) == ["loose"]
    assert names(given, "dev/kustomization.yaml") == ["base", "own"]
    assert names(given, "prod/Kustomization") == ["base"]
    _, dev, prod = given.scopes
    assert [dev.namespaces[id(document)] for document in dev.documents] == ["dev", "dev"]
    assert prod.patched == {("Service", "base"), ("Gateway", "g"), ("Deployment", "d")}
    assert taints(given) == {"", "dev"}
    assert taints(given, "dev/kustomization.yaml") == {"apart"}
    assert skipped(given) == {"prod/p.yaml": "not_kubernetes"}


@pytest.mark.parametrize(
    "more",
    ["resources: [a.yaml, '../gone']\n", "resources: [a.yaml, 'https://x.example/y?ref=1']\n", "resources: [a.yaml]\nnamePrefix: x-\n",
     "resources: [a.yaml]\nhelmCharts: [{name: x}]\n", "resources: [a.yaml, gone.yaml]\n"],
)  # fmt: skip
def test_what_is_built_from_elsewhere_taints_everything(more: str) -> None:
    write({"a.yaml": service("a"), "kustomization.yaml": KUSTOMIZE + more})
    given = load(["."])
    assert names(given, "kustomization.yaml") == ["a"]
    assert taints(given, "kustomization.yaml") == {None}


def test_flux_has_a_kustomization_of_its_own() -> None:
    write(
        {
            "kustomization.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"
        }
    )
    assert names(load(["."])) == ["apps"]
