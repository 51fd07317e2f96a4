"""Results of rule tests as JUnit XML, as Jenkins, GitLab and GitHub's actions read it.

Only elements and attributes that the schema of Jenkins' xunit plugin has (junit-10.xsd).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.etree import ElementTree as Xml

from statusbridge.commands.test_text import headline, report
from statusbridge.rehearse.playing import Verdict

# https://www.w3.org/TR/xml/#charsets: no reference can stand for these either.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Played:
    """A test of *file* with what came of it, and how many seconds it took to play."""

    file: str
    verdict: Verdict
    seconds: float


def document(played: Sequence[Played]) -> bytes:
    """Return *played*, tests of one file next to each other, as a document in UTF-8."""
    root = Xml.Element("testsuites", _counts(played))
    for file, tests in groupby(played, key=lambda one: one.file):
        inside = list(tests)
        suite = Xml.SubElement(root, "testsuite", {"name": _clean(file), **_counts(inside)})
        for one in inside:
            _add(suite, one)
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _counts(played: Sequence[Played]) -> dict[str, str]:
    return {
        "tests": str(len(played)),
        "failures": str(sum(not one.verdict.passed for one in played)),
        "errors": "0",
        "time": f"{sum(one.seconds for one in played):.3f}",
    }


def _add(suite: Xml.Element, one: Played) -> None:
    name = _clean(one.verdict.test.name)
    told = {"name": name, "classname": _clean(one.file), "time": f"{one.seconds:.3f}"}
    case = Xml.SubElement(suite, "testcase", told)
    if not one.verdict.passed:
        message = _clean(headline(one.verdict))
        failure = Xml.SubElement(case, "failure", {"message": message, "type": "expectation"})
        failure.text = _clean("\n".join(report(one.verdict, verbose=False)))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
