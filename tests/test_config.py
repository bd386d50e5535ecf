from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from meshlint.config import Config, Layer, fold
from meshlint.config.check import check
from meshlint.config.file import find_config, read_config
from meshlint.data import data_path
from meshlint.errors import ConfigError, InputError
from meshlint.mesh.settings import External, Settings
from meshlint.rule import Severity


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(here: Path, text: str, name: str = ".meshlint.yaml") -> Config:
    (here / name).write_text(text, encoding="utf-8")
    return fold(read_config(here / name))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(data_path("schemas", "config.schema.json").read_text()))


def test_defaults() -> None:
    config = fold()
    assert (config.select, config.ignore, config.fail_on) == (None, (), Severity.WARNING)
    assert config.settings == Settings() == Config().settings


EVERYTHING = """
select: [routing, all]
ignore: [IST0101]
pedantic: true
severity: {weights-not-100: info}
options: {some-rule: {limit: 3}}
fail_on: error
exclude: ["*.gen.yaml", gen/]
world: closed
external:
  hosts: ["*.example.com"]
  services: [shared/*]
  gateways: [istio-system/public]
  namespaces: [x]
  service_accounts: [y/z]
  secrets: [a/*]
  providers: [otel]
  virtual_services: [b/*]
  trust_domains: [td2]
istio_version: "1.29.3"
cluster_domain: [corp.local, cluster.local]
trust_domain: td
trust_domain_aliases: [old-td]
root_namespace: istio-config
namespace: prod
istiod_env: {PILOT_ONE: "x", PILOT_TWO: true, PILOT_THREE: 3}
injection: {enabled_by_default: true}
unmeshed: [legacy, "prod/batch-*"]
owners: {"*.example.com": edge}
"""


def test_every_key_does_something(here: Path) -> None:
    config = read(here, EVERYTHING)
    schema = json.loads(data_path("schemas", "config.schema.json").read_text())
    assert set(config.values) == set(schema["properties"]) - {"mesh_config", "mesh_networks"}
    assert config.select == ("routing", "all")
    assert config.ignore == ("IST0101",)
    assert config.pedantic
    assert config.severity == {"weights-not-100": Severity.INFO}
    assert config.options == {"some-rule": {"limit": 3}}
    assert config.fail_on is Severity.ERROR
    assert config.settings == Settings(
        istio_version=(1, 29),
        closed=True,
        cluster_domains=("corp.local", "cluster.local"),
        trust_domain="td",
        trust_domain_aliases=("old-td",),
        root_namespace="istio-config",
        default_namespace="prod",
        external=External(
            ("*.example.com",),
            ("shared/*",),
            ("istio-system/public",),
            ("x",),
            ("y/z",),
            ("a/*",),
            ("otel",),
            ("b/*",),
            ("td2",),
        ),
        istiod_env={"PILOT_ONE": "x", "PILOT_TWO": "true", "PILOT_THREE": "3"},
        unmeshed=("legacy", "prod/batch-*"),
        owners={"*.example.com": "edge"},
        inject_by_default=True,
    )


def test_json_is_a_configuration_too(here: Path) -> None:
    config = read(here, json.dumps({"cluster_domain": "corp.local", "istiod_env": {"PILOT_ONE": "true"}}))
    assert config.settings.cluster_domains == ("corp.local",)
    assert config.settings.istiod_env == {"PILOT_ONE": "true"}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}"])
def test_an_empty_file_changes_nothing(here: Path, text: str) -> None:
    assert read(here, text).settings == Settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("worl: closed", ".meshlint.yaml:1:1: unknown key 'worl'; did you mean 'world'?"),
        (
            "fail_on: error\nworld: shut",
            ".meshlint.yaml:2:1: 'world' must be 'open' or 'closed', not \"shut\"",
        ),
        ("select: all", ".meshlint.yaml:1:1: 'select' must be a list of strings, not \"all\""),
        ("select:\n  - all\n  - yes", ".meshlint.yaml:3:5: 'select.1' must be a string, not true"),
        (
            "istio_version: 1.30",
            ".meshlint.yaml:1:1: 'istio_version' must be a release in quotes, such as \"1.29\", not 1.3",
        ),
        ("external:\n  host: [a]", ".meshlint.yaml:2:3: unknown key 'external.host'; did you mean 'hosts'?"),
        (
            "severity: {a-rule: loud}",
            ".meshlint.yaml:1:12: 'severity.a-rule' must be 'error' or 'warning' or 'info', not \"loud\"",
        ),
        (
            "cluster_domain: []",
            ".meshlint.yaml:1:1: 'cluster_domain' must be a domain or a list of domains, not []",
        ),
        (
            "injection: {revision: a}",
            ".meshlint.yaml:1:13: unknown key 'injection.revision'; known are enabled_by_default",
        ),
        ("world: open\nworld: closed", ".meshlint.yaml:2:1: key 'world' is already set in this mapping"),
        ("- world", ".meshlint.yaml:1:1: the file must hold one mapping of settings"),
        ("world: open\n---\nworld: open", ".meshlint.yaml:1:1: the file must hold one mapping of settings"),
    ],
)
def test_errors_are_one_line_with_the_place(here: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(here, text)
    assert str(caught.value) == message


def test_broken_yaml_names_the_place(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"^\.meshlint\.yaml:\d+:\d+: "):
        read(here, "select: [")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[tool.meshlint]\nfail_on = 'error'\nworl = 'closed'\n",
            "pyproject.toml:3:1: unknown key 'worl'; did you mean 'world'?",
        ),
        (
            "[tool.meshlint.external]\nhost = ['a']\n",
            "pyproject.toml:2:1: unknown key 'external.host'; did you mean 'hosts'?",
        ),
        ("[tool.meshlint]\nselect = 3\n", "pyproject.toml:2:1: 'select' must be a list of strings, not 3"),
        ("[tool]\nmeshlint = 3\n", "pyproject.toml: 'tool.meshlint' must be a table"),
    ],
)
def test_errors_in_pyproject(here: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(here, text, "pyproject.toml")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "place"),
    [("[tool.meshlint]\na = = 1\n", "pyproject.toml:2:5: "), ("[tool.meshlint", "pyproject.toml: ")],
)
def test_broken_toml_is_an_error(here: Path, text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(here, text, "pyproject.toml")
    assert str(caught.value).startswith(place)


def test_pyproject_is_read(here: Path) -> None:
    config = read(here, '[project]\nname = "x"\n[tool.meshlint]\nselect = ["all"]\n', "pyproject.toml")
    assert config.select == ("all",)
    assert config.origin("select", "all") == "pyproject.toml:4:1"


def test_the_nearest_file_up_to_the_checkout_is_found(tmp_path: Path) -> None:
    deep = tmp_path / "repo" / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / ".meshlint.yaml").write_text("")
    (tmp_path / "repo" / ".git").mkdir()
    assert find_config(deep) is None
    (tmp_path / "repo" / "pyproject.toml").write_text("[tool.meshlint]\n")
    assert find_config(deep) == tmp_path / "repo" / "pyproject.toml"
    (tmp_path / "repo" / ".meshlint.yaml").write_text("")
    assert find_config(deep) == tmp_path / "repo" / ".meshlint.yaml"
    (deep / "pyproject.toml").write_text("[tool.other]\n")
    assert find_config(deep) == tmp_path / "repo" / ".meshlint.yaml"
    (deep / ".meshlint.yml").write_text("")
    assert find_config(deep) == deep / ".meshlint.yml"


def test_outside_a_checkout_only_the_directory_counts(tmp_path: Path) -> None:
    (tmp_path / ".meshlint.yaml").write_text("")
    (tmp_path / "below").mkdir()
    assert find_config(tmp_path) == tmp_path / ".meshlint.yaml"
    assert find_config(tmp_path / "below") is None


def test_later_layers_win_and_origins_tell(here: Path) -> None:
    (here / ".meshlint.yaml").write_text(
        "select: [a]\nignore: [b]\nistiod_env: {ONE: '1', TWO: '1'}\nworld: closed\n"
    )
    flags = Layer({"select": ["c"], "ignore": ["d"], "istiod_env": {"TWO": "2"}}, {("select",): "--select"})
    config = fold(read_config(here / ".meshlint.yaml"), flags)
    assert (config.select, config.ignore) == (("c",), ("b", "d"))
    assert config.settings.istiod_env == {"ONE": "1", "TWO": "2"}
    assert config.settings.closed
    assert config.origin("select", "c") == "--select"
    assert config.origin("ignore", "b") == ".meshlint.yaml:2:10"
    assert config.origin("world") == ".meshlint.yaml:4:1"


def test_a_rule_option_called_like_a_list_setting_is_replaced() -> None:
    before, after = ({"options": {"a": {"ignore": [word]}}} for word in "xy")
    assert fold(Layer(before), Layer(after)).options == {"a": {"ignore": ["y"]}}


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "mesh.yaml").write_text("rootNamespace: here\n")
    (tmp_path / "conf" / "c.yaml").write_text(
        "mesh_config: mesh.yaml\nexclude: [gen/x.yaml, '*.tmp.yaml', '!/a']\n"
    )
    monkeypatch.chdir(tmp_path)
    config = fold(read_config(Path("conf/c.yaml")))
    mesh_config = config.settings.mesh_config
    assert mesh_config is not None
    assert mesh_config.root_namespace == "here"
    base = (tmp_path / "conf").as_posix()
    assert config.exclude == (f"{base}/gen/x.yaml", "*.tmp.yaml", f"!{base}/a")


CARRIERS = {
    "bare": "rootNamespace: here\n",
    "config-map": "kind: ConfigMap\napiVersion: v1\ndata:\n  mesh: |\n    rootNamespace: here\n",
    "operator": "kind: IstioOperator\napiVersion: install.istio.io/v1alpha1\nspec: {meshConfig: {rootNamespace: here}}\n",
    "sail": "kind: Istio\napiVersion: sailoperator.io/v1\nspec: {values: {meshConfig: {rootNamespace: here}}}\n",
    "helm": "global: {}\nmeshConfig: {rootNamespace: here}\n",
    "second": "kind: Service\napiVersion: v1\n---\nkind: Istio\napiVersion: a/v1\nspec: {values: {meshConfig: {rootNamespace: here}}}\n",
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_whatever_carries_the_mesh_config(here: Path, carrier: str) -> None:
    (here / "mesh.yaml").write_text(CARRIERS[carrier])
    mesh_config = read(here, "mesh_config: mesh.yaml").settings.mesh_config
    assert mesh_config is not None
    assert mesh_config.root_namespace == "here"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("kind: Service\n", ConfigError, "^.meshlint.yaml:1:1: '.*mesh.yaml' holds no MeshConfig$"),
        ("a: [\n", ConfigError, r"mesh.yaml:\d+:\d+: "),
        (None, InputError, "mesh.yaml"),
    ],
)
def test_a_mesh_config_that_is_none(
    here: Path, text: str | None, error: type[Exception], message: str
) -> None:
    if text is not None:
        (here / "mesh.yaml").write_text(text)
    with pytest.raises(error, match=message):
        _ = read(here, "mesh_config: mesh.yaml").settings


@pytest.mark.parametrize(
    ("text", "release"), [("1.29", (1, 29)), ("v1.30.1", (1, 30)), ("1.9-alpha", None), ("latest", None)]
)
def test_releases(text: str, release: tuple[int, int] | None) -> None:
    config = fold(Layer({"istio_version": text}, {("istio_version",): "--istio-version"}))
    if release is not None:
        assert config.settings.istio_version == release
        return
    with pytest.raises(ConfigError, match=f"^--istio-version: '{text}' is no Istio release"):
        _ = config.settings


settings = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=3), inner, max_size=2),
)
KEYS = sorted(json.loads(data_path("schemas", "config.schema.json").read_text())["properties"])


@given(st.dictionaries(st.sampled_from([*KEYS, "other"]), settings, max_size=3))
def test_any_mapping_is_accepted_or_refused_in_one_line(values: dict[str, object]) -> None:
    problem = complaint(values)
    if problem is None:
        fold(Layer({key: value for key, value in values.items() if "mesh_" not in key}))
    else:
        assert problem.startswith("here: ")
        assert "\n" not in problem


def complaint(values: dict[str, object]) -> str | None:
    try:
        check(values, lambda _: "here")
    except ConfigError as error:
        return str(error)
    return None
