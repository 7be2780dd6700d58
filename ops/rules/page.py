"""Rules as a page (`ops/docs/rules.md`) and as lines of a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from streams.rules import Rule, Rules
from streams.rules.decisions import DECISIONS

_ABOUT = """# Rules

What the line decides by rules that are data: the shipped set, version `{version}`. Each rule is one file in
`streams/rules/`, with expressions in [CEL](https://cel.dev). `meshline rules list --page` makes this page from them.

## How a rule is changed

1. Take the rules that decide now into a folder: `meshline rules take FOLDER`.
2. Change a rule, raise its `version`, give every row an example. `meshline rules check FOLDER` says what is wrong:
   schema, types, examples that fail, two rules that answer differently, facts or dates without an answer.
3. `meshline rules shadow --candidate FOLDER --since 2026-03-01 --out forecast.json` replays recorded events and says
   which outcomes would have been others, with the money in them.
4. `meshline rules activate FOLDER --by NAME --why TEXT --forecast forecast.json`. Above the limits in the settings
   (`MESHLINE_RULES__ALONE_EVENTS`, `MESHLINE_RULES__ALONE_MONEY`), or without a forecast, a second person types the
   same with their own name.
5. `meshline rules revert --by NAME --why TEXT` brings back the set that was active before. No worker is restarted.

## What is guaranteed

- An activation names, for each partition, the first record that the new set decides. It is the first one that no
  worker has decided yet. Whatever the clocks and whichever worker reads it, a record before that is decided by the
  older set, also when it is read again after a crash, and one from there on by the new set.
- Workers look once per batch, inside the database transaction that takes the partition's turn, and the activation
  waits for all turns. So when it ends, every batch that began before it is decided whole by the older set, and
  every later one by the new set. There is no time at which some workers have it and others do not.
- Events that still wait in the topics count as not decided: they take the new set. So does a letter or a hold that
  is sent back: it is a new record on its redrive topic.
- `from` and `to` of a rule are compared with the time at which the event was received, which travels with it.
- Until a first set is activated, each worker decides by the set that it was shipped with, where settings may bend
  four limits (discount, waiting for accounts, waiting for lines, pilot accounts). From then on the settings for
  these count no more.
- A set that was activated before a decision was added to the program lacks rules for it. The shipped ones answer then;
  `meshline doctor` and the workers' logs name these decisions. Automatic billing is the exception: it is not lent, and
  people go on posting. A decision that the set has rules for is never lent.
- Rules that give no answer for an event, or two, make a letter of it (`unclassified`), never a guess.
- Whether a flow is in event or batch mode is a rule, too (`batch.window`); `ops/docs/batch.md` tells how it works and
  when a flow goes over by itself.
- With exactly-once delivery, readers of committed records see one decision of an event. With at-least-once a batch
  may be published twice; both are decided by the same set.

## What rules decide
"""
_FLOWS = """## Pages of the flows

`ops/docs/flows/index.html` shows for each flow what triggers it, the facts it uses, its decision table, what comes of
each row, the letters and who is asked. The pages are made by `meshline rules docs` of the files in
`streams/decide/flows`; each row names the test that shows it, and a test holds that this test exists.
"""


def rules_page(rules: Rules) -> str:
    """The whole page in Markdown."""
    return "\n".join([_ABOUT.format(version=rules.version), *_decisions(rules), _FLOWS]).rstrip() + "\n"


def _decisions(rules: Rules) -> Iterator[str]:
    for decision in DECISIONS.values():
        yield f"### `{decision.name}`: {decision.meaning}\n"
        yield f"The answer is of the kind: {decision.kind}. Facts that a rule may ask about:\n"
        yield from (f"- `{name}`: {kind.meaning}" for name, kind in decision.facts.items())
        yield ""
        for rule in rules.rules:
            if rule.decides == decision.name:
                yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"**{rule.title}** (`{rule.id}` version {rule.version}, owner {rule.owner}, {in_force(rule)})\n"
    yield "| row | when | value | why | examples |"
    yield "|---|---|---|---|---|"
    for number, row in enumerate(rule.rows, 1):
        examples = "; ".join(
            f"{', '.join(f'{name} {_shown(fact)}' for name, fact in example.facts.items())}: {_shown(example.value)}"
            for example in row.examples
        )
        yield f"| {number} | `{_cell(row.when)}` | `{_cell(row.value)}` | {row.why} | {_cell(examples)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value) or "none"


def in_force(rule: Rule) -> str:
    """When a rule counts, in words."""
    start = f"from {rule.start.isoformat()}" if rule.start else ""
    end = f"until {rule.end.isoformat()}" if rule.end else ""
    return " ".join(part for part in (start, end) if part) or "always in force"
