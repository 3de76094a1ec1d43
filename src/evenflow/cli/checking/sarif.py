"""Findings as SARIF 2.1.0, which code scanning services read: one result a line, the chain as its code flow."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from evenflow import __version__
from evenflow.cli.checking.blocking import relative
from evenflow.guard import Finding, Hop
from evenflow.guard.program import Site, sites_of

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """The whole document."""
    sites = sites_of(findings)
    calls = {site.nearest.call: site.nearest for site in sites}
    places = {name: place for place, name in enumerate(calls)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "evenflow",
                        "semanticVersion": __version__,
                        "rules": [_rule(each) for each in calls.values()],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(site, places[site.nearest.call]) for site in sites],
            }
        ],
    }


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": f"blocking/{finding.call}",
        "name": finding.call,
        "shortDescription": {"text": f"{finding.call} blocks the event loop"},
        "fullDescription": {
            "text": f"{finding.call} runs in the event loop: until it returns, no other request is answered."
        },
        "help": {"text": f"Write instead: {finding.fix}"},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["performance", "asyncio", finding.kind]},
    }


def _result(site: Site, rule: int) -> dict[str, Any]:
    finding = relative(site.nearest)
    text = f"{finding.call} blocks the event loop under {', '.join(site.routes)}. Write instead: {finding.fix}"
    steps = [{"location": {**_location(hop), "message": {"text": hop.name}}} for hop in finding.chain]
    return {
        "ruleId": f"blocking/{finding.call}",
        "ruleIndex": rule,
        "level": "warning",
        "message": {"text": text},
        "locations": [_location(Hop(finding.file, finding.line, ""))],
        "codeFlows": [{"threadFlows": [{"locations": steps}]}],
        "partialFingerprints": {"evenflowBlocking/v1": _fingerprint(finding)},
    }


def _location(hop: Hop) -> dict[str, Any]:
    place: dict[str, Any] = {"uri": quote(hop.file)}
    if hop.file.startswith("/"):
        place["uri"] = f"file://{quote(hop.file)}"
    else:
        place["uriBaseId"] = "%SRCROOT%"
    return {"physicalLocation": {"artifactLocation": place, "region": {"startLine": hop.line}}}


def _fingerprint(finding: Finding) -> str:
    # Lines move; the function and the call stay.
    return hashlib.sha256(f"{finding.file}|{finding.chain[-1].name}|{finding.call}".encode()).hexdigest()
