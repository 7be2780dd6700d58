"""A report as text for people, JSON, JUnit XML, GitHub annotations or SARIF 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.etree import ElementTree

from schemas.gate.findings import Finding, Report
from schemas.gate.rules import catalogue

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(report: Report) -> str:
    """A paragraph per finding, in the form `file:line:column`, and a last line that says what was done."""
    paragraphs = [_paragraph(finding) for finding in report.findings]
    against = f" against {report.against}" if report.against else ""
    waived = f", {report.waived} waived" if report.waived else ""
    files = "1 schema" if report.checked == 1 else f"{report.checked} schemas"
    if not report.findings:
        return f"{files} checked{against}: nothing breaks{waived}"
    count = "1 finding" if len(report.findings) == 1 else f"{len(report.findings)} findings"
    return "\n".join([*paragraphs, f"{files} checked{against}: {count}{waived}"])


def _paragraph(finding: Finding) -> str:
    rule = finding.about
    lines = [
        f"{finding.file}:{finding.line}:{finding.column}: {rule.id} {rule.name} [{_subject(finding)}]",
        f"    {finding.message}.",
    ]
    if finding.counter_example:
        lines.append(f"    Example: {finding.counter_example}")
    lines.append(f"    To do: {rule.remedy} (`meshline schemas explain {rule.id}` says more)")
    return "\n".join(lines) + "\n"


def as_json(report: Report) -> str:
    """`{"findings": [...], "checked": n}`."""
    keys = ("file", "line", "column", "pointer", "rule", "subject", "version", "owner", "message", "counter_example")
    findings = [{key: getattr(finding, key) for key in keys} for finding in report.findings]
    return json.dumps({"findings": findings, "checked": report.checked}, indent=2, ensure_ascii=False)


def as_junit(report: Report) -> str:
    """A test suite in which each finding is a failed case; without findings, one case that passed."""
    root = ElementTree.Element("testsuites")
    counts = {"tests": str(max(len(report.findings), 1)), "failures": str(len(report.findings)), "errors": "0"}
    suite = ElementTree.SubElement(root, "testsuite", {"name": "meshline schemas check", **counts})
    if not report.findings:
        ElementTree.SubElement(suite, "testcase", {"name": f"{report.checked} schemas", "classname": "schemas"})
    for finding in report.findings:
        where = {"file": finding.file, "line": str(finding.line)}
        name = f"{finding.rule} {finding.about.name} {finding.pointer}".strip()
        case = ElementTree.SubElement(suite, "testcase", {"name": name, "classname": finding.subject, **where})
        failure = ElementTree.SubElement(case, "failure", {"type": finding.rule, "message": _xml(finding.message)})
        failure.text = _xml(_paragraph(finding))
    ElementTree.indent(root)
    return ElementTree.tostring(root, "unicode", xml_declaration=True)


def as_github(report: Report) -> str:
    """Workflow commands, which GitHub shows beside the line of the pull request."""
    lines = []
    for finding in report.findings:
        place = f"file={_property(finding.file)},line={finding.line},col={finding.column}"
        title = _property(f"{finding.rule} {finding.about.name} ({_subject(finding)})")
        example = f" Example: {finding.counter_example}" if finding.counter_example else ""
        lines.append(f"::error {place},title={title}::{_data(f'{finding.message}.{example}')}")
    return "\n".join([*lines, _data(as_text(report).splitlines()[-1])])


def as_sarif(report: Report) -> str:
    """For code-scanning views; each rule with its explanation."""
    used = sorted({finding.rule for finding in report.findings})
    rules = [
        {
            "id": rule.id,
            "name": rule.name,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.why},
            "help": {"text": f"{rule.why}\n\n{rule.remedy}"},
        }
        for rule in (catalogue()[rule_id] for rule_id in used)
    ]
    driver = {"name": "meshline-schemas-check", "rules": rules}
    results = [_result(finding, used) for finding in report.findings]
    document = {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _result(finding: Finding, used: list[str]) -> dict[str, object]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    location = {"physicalLocation": {"artifactLocation": {"uri": finding.file}, "region": region}}
    text = f"{finding.message}." + (f" Example: {finding.counter_example}" if finding.counter_example else "")
    return {
        "ruleId": finding.rule,
        "ruleIndex": used.index(finding.rule),
        "level": "error",
        "message": {"text": text},
        "locations": [location],
        "properties": {"owner": finding.owner, "subject": finding.subject, "pointer": finding.pointer},
    }


def _subject(finding: Finding) -> str:
    return f"{finding.subject} v{finding.version}" if finding.version is not None else finding.subject


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _xml(text: str) -> str:
    """Without the characters that XML 1.0 has no way to write."""
    return "".join(char for char in text if char in "\t\n" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd")


FORMATS: dict[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "github": as_github,
    "sarif": as_sarif,
}
