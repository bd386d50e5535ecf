from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import meshlint.api
from meshlint.cli import run
from meshlint.mesh import Mesh
from meshlint.rule import Rule, Severity, Violation
from meshlint.rules import BUILTIN

GOOD = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: prod}\nspec: {ports: [{name: http, port: 80}]}\n"
BAD = GOOD + "# meshlint: ignore[no-such-rule-at-all] why\n"
UNKNOWN = "unknown-rule-in-suppression"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def good(here: Path) -> Path:
    (here / "k8s").mkdir()
    (here / "k8s" / "good.yaml").write_text(GOOD)
    return here


@pytest.fixture
def bad(good: Path) -> Path:
    (good / "k8s" / "bad.yaml").write_text(BAD)
    return good


def only(*args: str) -> list[str]:
    return ["check", "--select", UNKNOWN, *args]


def process(*args: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "meshlint", *args]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, env={**os.environ, **environment}, check=False
    )


# --- which command ------------------------------------------------------------------------------


def test_bare_is_help_and_exit_2(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Usage: meshlint" in capfd.readouterr().out


def test_paths_alone_mean_check(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["./k8s", "--select", UNKNOWN]) == 1
    short = capfd.readouterr().out
    assert run(only("k8s")) == 1
    assert capfd.readouterr().out == short
    assert "k8s/bad.yaml:5:20" in short


def test_options_may_come_first(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["-f", "json", "--select", UNKNOWN]) == 1
    assert json.loads(capfd.readouterr().out)["summary"]["warning"] == 1


def test_a_command_wins_over_a_directory(good: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (good / "rules").mkdir()
    (good / "rules" / "bad.yaml").write_text(BAD)
    assert run(["rules"]) == 0
    assert UNKNOWN in capfd.readouterr().out
    assert run(["./rules"]) == 1


@pytest.mark.parametrize("flag", ["-h", "--help", "--version"])
def test_flags_of_the_program_itself(flag: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([flag]) == 0
    assert "meshlint" in capfd.readouterr().out


def test_standard_input(
    here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for flags, name in (((), "<stdin>"), (("--stdin-filename", "k8s/a.yaml"), "k8s/a.yaml")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
        assert run(only("-", *flags)) == 1
        assert f"{name}:5:20" in capfd.readouterr().out


# --- exit codes ---------------------------------------------------------------------------------


def test_clean(good: Path) -> None:
    assert run(only("k8s")) == 0


@pytest.mark.parametrize(("level", "code"), [("info", 1), ("warning", 1), ("error", 0)])
def test_fail_on(bad: Path, level: str, code: int) -> None:
    assert run(only("--fail-on", level)) == code


def test_exit_zero_only_changes_findings(bad: Path) -> None:
    (bad / "empty").mkdir()
    assert run(only("--exit-zero")) == 0
    assert run(only("--exit-zero", "empty")) == 3
    assert run(only("--exit-zero", "nowhere")) == 2


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "replicas: 3\n"])
def test_nothing_to_lint(here: Path, content: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    if content is not None:
        (here / "values.yaml").write_text(content)
    assert run(only()) == 3
    assert "No Kubernetes object found" in capfd.readouterr().out


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "github"])
def test_the_exit_code_does_not_depend_on_the_format(bad: Path, format_: str) -> None:
    assert run(only("-f", format_)) == 1
    assert run(only("-f", format_, "--fail-on", "error")) == 0


def crash(mesh: Mesh) -> Iterator[Violation]:
    raise KeyError(mesh.services[0].resource.name)


def test_a_crash_of_a_rule_is_4_with_a_whole_report(
    bad: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rule = Rule("crashes", "S.", Severity.ERROR, "0.1", crash, family="routing")
    defaults = meshlint.api.lint.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "rules", (*BUILTIN, rule))
    assert run(["check", "--select", f"{UNKNOWN},crashes", "-f", "json", "--exit-zero"]) == 4
    report = json.loads(capfd.readouterr().out)
    assert [finding["rule"] for finding in report["findings"]] == [UNKNOWN]
    assert "KeyError: 'a'" in report["crashes"][0]


def test_an_unforeseen_error_is_4(
    good: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(meshlint.api, "load", lambda *_: 1 / 0)
    assert run(only()) == 4
    assert "internal error" in capfd.readouterr().err


USAGE = {
    "no such path": ["check", "nowhere"],
    "unknown flag": ["check", "--frobnicate"],
    "unknown level": ["check", "--fail-on", "loud"],
    "unknown rule": ["check", "--select", "nothing"],
    "unknown ignored rule": ["check", "--ignore", "nothing"],
    "empty selection": ["check", "--select", ","],
    "nothing left": ["check", "--select", UNKNOWN, "--ignore", UNKNOWN],
    "unknown format": ["check", "-f", "xml"],
    "output without file": ["check", "-o", "json"],
    "output without directory": ["check", "-o", "json=missing/report.json"],
    "output on directory": ["check", "-o", "json=k8s"],
    "two outputs in one file": ["check", "-o", "json=a", "-o", "sarif=./a"],
    "two outputs on stdout": ["check", "-f", "json", "-o", "sarif=-"],
    "missing config": ["check", "--config", "nowhere.yaml"],
    "config or not": ["check", "--config", "a.yaml", "--no-config"],
    "bad release": ["check", "--istio-version", "latest"],
    "missing mesh config": ["check", "--mesh-config", "nowhere.yaml"],
    "explain nothing": ["explain"],
    "explain unknown": ["explain", "nothing"],
    "graph format": ["graph", "-f", "png"],
}


@pytest.mark.parametrize("args", USAGE.values(), ids=USAGE)
def test_usage_errors_are_one_line_and_2(
    bad: Path, args: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(args) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("meshlint: ")
    assert captured.err.count("\n") == 1
    assert not [path for path in bad.iterdir() if path.name != "k8s"]


def test_a_named_file_that_cannot_be_read_is_2(good: Path) -> None:
    (good / "binary.yaml").write_bytes(b"apiVersion: \xff\xfe\x00kind")
    assert run(only("k8s", "binary.yaml")) == 2


# --- where reports go ---------------------------------------------------------------------------


def test_reports_go_to_files_and_to_standard_output(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(only("-o", "json=out.json", "-o", "sarif=out.sarif")) == 1
    assert "k8s/bad.yaml:5:20" in capfd.readouterr().out
    assert json.loads((bad / "out.json").read_text())["summary"]["warning"] == 1
    assert json.loads((bad / "out.sarif").read_text())["version"] == "2.1.0"
    assert sorted(path.name for path in bad.iterdir()) == ["k8s", "out.json", "out.sarif"]


def test_an_output_on_standard_output_replaces_the_text(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(only("-o", "json=-")) == 1
    assert json.loads(capfd.readouterr().out)["version"] == 1


def test_a_file_is_written_whole_or_not_at_all(
    bad: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (bad / "out.json").write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("meshlint.cli.output.os.replace", full)
    assert run(only("-o", "json=out.json")) == 2
    assert "cannot write 'out.json': No space left on device" in capfd.readouterr().err
    assert (bad / "out.json").read_text() == "before"
    assert sorted(path.name for path in bad.iterdir()) == ["k8s", "out.json"]


def test_a_link_stays_a_link(bad: Path) -> None:
    (bad / "real").mkdir()
    (bad / "out.json").symlink_to("real/out.json")
    assert run(only("-o", "json=out.json", "k8s")) == 1
    assert (bad / "out.json").is_symlink()
    assert (bad / "real" / "out.json").read_text().startswith("{")


def test_a_device_can_be_written_to(bad: Path) -> None:
    assert run(only("-o", f"json={os.devnull}")) == 1
    assert not Path(os.devnull).is_file()


def test_a_reader_that_leaves_changes_nothing(bad: Path) -> None:
    many = "".join(f"---\n{BAD.replace('name: a', f'name: a{at}')}" for at in range(2000))
    (bad / "k8s" / "many.yaml").write_text(many)
    command = [sys.executable, "-m", "meshlint", *only("-f", "json")]
    with subprocess.Popen(command, cwd=bad, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.read(10)
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait() == 1


@pytest.mark.parametrize(
    ("flags", "environment", "colored"),
    [
        ((), {}, False),
        (("--color",), {}, True),
        ((), {"FORCE_COLOR": "1"}, True),
        (("--no-color",), {"FORCE_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "-o", "text=-"), {}, True),
    ],
)
def test_color(
    bad: Path,
    flags: tuple[str, ...],
    environment: dict[str, str],
    colored: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert run(only(*flags)) == 1
    assert ("\x1b[" in capfd.readouterr().out) is colored


def test_files_are_never_colored(bad: Path) -> None:
    assert run(only("--color", "-o", "text=out.txt")) == 1
    assert "\x1b" not in (bad / "out.txt").read_text()


# --- configuration ------------------------------------------------------------------------------


def test_the_configuration_file_counts_until_told_otherwise(bad: Path) -> None:
    (bad / ".meshlint.yaml").write_text("fail_on: error\n")
    assert run(only()) == 0
    assert run(only("--no-config")) == 1
    assert run(only("--fail-on", "warning")) == 1
    (bad / "other.yaml").write_text("fail_on: info\n")
    assert run(only("--config", "other.yaml")) == 1


def test_show_config_tells_where_settings_are_from(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (bad / ".meshlint.yaml").write_text("fail_on: error\nexternal: {hosts: [a]}\n")
    assert run(["check", "--show-config", "--select", "all", "--closed-world"]) == 0
    assert capfd.readouterr().out.splitlines() == [
        'fail_on: "error"  # .meshlint.yaml:1:1',
        'world: "closed"  # --closed-world',
        'cluster_domain: ["cluster.local"]  # default',
        'external: {"hosts": ["a"]}  # .meshlint.yaml:2:1',
        'select: ["all"]  # --select',
    ]


def test_exclude(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(only("--exclude", "k8s/bad.yaml")) == 0
    assert run(only("--exclude", "k8s/bad.yaml", "k8s/bad.yaml")) == 1


def test_show_suppressed(good: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = BAD.replace("at-all]", f"at-all, {UNKNOWN}]")
    (good / "k8s" / "bad.yaml").write_text(text)
    assert run(only()) == 0
    hidden = capfd.readouterr().out
    assert run(only("--show-suppressed")) == 0
    assert "5:20" not in hidden
    assert "5:20" in capfd.readouterr().out


# --- other commands -----------------------------------------------------------------------------


def test_rules_as_json(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "--format", "json"]) == 0
    rules = json.loads(capfd.readouterr().out)["rules"]
    assert [rule["name"] for rule in rules] == [rule.name for rule in BUILTIN]
    assert set(rules[0]) == {
        "name", "family", "summary", "severity", "tier", "confidence", "security", "since", "needs", "like", "fixable",
    }  # fmt: skip


def test_explain_prints_the_page(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", UNKNOWN]) == 0
    assert capfd.readouterr().out.startswith(f"# {UNKNOWN}\n")


def test_explain_lists_what_a_word_stands_for(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "manifests"]) == 0
    out = capfd.readouterr().out
    assert UNKNOWN in out
    assert not out.startswith("# ")


@pytest.mark.parametrize(
    ("format_", "start"), [("dot", "digraph"), ("mermaid", "flowchart"), ("json", "{"), ("graphml", "<")]
)
def test_graph(good: Path, format_: str, start: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", "k8s", "-f", format_]) == 0
    out = capfd.readouterr().out
    assert out.startswith(start)
    assert "service prod/a" in out


# --- what a run may cost ------------------------------------------------------------------------

HEAVY = {
    "networkx",
    "jsonschema",
    "jsonschema_rs",
    "sarif_om",
    "multiprocessing",
    "pathspec",
    "importlib.metadata",
}


def imported(cwd: Path, *args: str) -> set[str]:
    code = f"import sys; from meshlint.cli import run; run({list(args)}); sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("args", "refused"),
    [
        (("--version",), HEAVY | {"yaml", "meshlint.rules", "meshlint.rule"}),
        (("--help",), HEAVY | {"yaml", "meshlint.rules"}),
        (("rules",), HEAVY | {"yaml"}),
        (("explain", UNKNOWN), HEAVY | {"yaml"}),
        (("check", "k8s"), HEAVY - {"jsonschema", "jsonschema_rs"}),
        (("check", "k8s", "-f", "json"), HEAVY - {"jsonschema", "jsonschema_rs"}),
    ],
)
def test_nothing_is_imported_that_a_command_does_not_need(
    good: Path, args: tuple[str, ...], refused: set[str]
) -> None:
    assert not imported(good, *args) & refused


# --- determinism --------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["text", "json", "sarif"])
def test_output_is_the_same_whatever_the_hash_seed_and_order(bad: Path, format_: str) -> None:
    (bad / "more").mkdir()
    (bad / "more" / "a.yaml").write_text(BAD.replace("prod", "test"))
    flags = ("check", "--select", "all", "-f", format_)
    one = process(*flags, "k8s", "more", cwd=bad, PYTHONHASHSEED="1")
    two = process(*flags, "more", "k8s", "k8s/bad.yaml", cwd=bad, PYTHONHASHSEED="2")
    assert one.returncode == two.returncode == 1
    assert one.stdout == two.stdout


def test_real_processes_agree_on_exit_codes(bad: Path) -> None:
    assert process(*only("k8s/good.yaml"), cwd=bad).returncode == 0
    assert process(*only(), cwd=bad).returncode == 1
    assert process("nowhere", cwd=bad).returncode == 2
    (bad / "empty").mkdir()
    assert process("empty", cwd=bad).returncode == 3
