"""Commands that tell rather than judge: `rules`, `explain` and `graph`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from meshlint.cli.options import configuration, configured
from meshlint.cli.output import STDOUT, Output, write

if TYPE_CHECKING:
    from meshlint.finding import RuleInfo


@click.command()
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
)
def rules(format_: str) -> int:
    """List all rules."""
    from meshlint.engine.info import rule_info
    from meshlint.rules import BUILTIN

    infos = [rule_info(rule) for rule in BUILTIN]
    renderers = {"text": _as_text, "json": _as_json, "markdown": catalogue}
    write(Output(format_, STDOUT), renderers[format_](infos))
    return 0


def _as_json(infos: Sequence[RuleInfo]) -> str:
    listed = [
        {
            "name": info.name,
            "family": info.family,
            "summary": info.summary,
            "severity": info.severity.value,
            "tier": info.tier.value,
            "confidence": info.confidence.value,
            "security": info.security,
            "since": info.since,
            "needs": info.needs,
            "like": info.like,
            "fixable": info.fixable,
        }
        for info in infos
    ]
    return json.dumps({"rules": listed}, indent=2, ensure_ascii=False) + "\n"


def _as_text(infos: Sequence[RuleInfo]) -> str:
    """A table for each family."""
    families = dict.fromkeys(info.family for info in infos)
    return "\n".join(f"{family}\n{_table([i for i in infos if i.family == family])}" for family in families)


def _table(infos: Sequence[RuleInfo]) -> str:
    width = max(len(info.name) for info in infos)
    return "".join(
        f"  {info.name:{width}}  {info.severity.value:7}  {'pedantic' if info.tier.value == 'pedantic' else '':8}  "
        f"{info.summary}\n"
        for info in infos
    )


def catalogue(infos: Sequence[RuleInfo]) -> str:
    """All rules as Markdown, with links to their pages: the text of rules/README.md."""
    families = dict.fromkeys(info.family for info in infos)
    sections = (_section(family, [info for info in infos if info.family == family]) for family in families)
    intro = "Made by `meshlint rules --format markdown`; each name leads to what the rule says and why."
    return "\n".join([f"# Rules\n\n{intro}\n", *sections])


def _section(family: str, infos: Sequence[RuleInfo]) -> str:
    rows = "".join(
        f"| [{info.name}]({family}/{info.name}.md) | {info.severity.value} | {info.tier.value} | {info.summary} "
        f"| {info.fixable or ''} | {', '.join(info.like)} |\n"
        for info in infos
    )
    return f"## {family}\n\n| rule | severity | tier | what is wrong | fix | like |\n|---|---|---|---|---|---|\n{rows}"


@click.command()
@click.argument("rule")
def explain(rule: str) -> int:
    """Print the page of RULE, a name or an IST or KIA code; list the rules when it stands for several."""
    from meshlint.engine.info import read_page, rule_info
    from meshlint.engine.registry import Registry
    from meshlint.rules import BUILTIN

    found = Registry(BUILTIN).resolve(rule, where="explain")
    if len(found) == 1:
        write(Output("text", STDOUT), read_page(found[0]))
    else:
        listed = _as_text([rule_info(each) for each in found])
        write(Output("text", STDOUT), f"'{rule}' stands for {len(found)} rules\n\n{listed}")
    return 0


@click.command()
@click.argument("paths", nargs=-1)
@click.option(
    "-f", "--format", "format_", type=click.Choice(["dot", "mermaid", "json", "graphml"]), default="dot"
)
@configured
def graph(paths: Sequence[str], format_: str, **flags: object) -> int:
    """Print the mesh under PATHS as a graph: who routes to whom, what selects what."""
    config = configuration(flags)
    from meshlint.api import load_mesh
    from meshlint.mesh.graph import render

    write(Output(format_, STDOUT), render(load_mesh(paths or (".",), config).graph(), format_))
    return 0
