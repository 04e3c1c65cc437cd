"""axe-core, which reads a page as assistive technology does; pinned in package-lock.json."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.conftest import NPM

HERE = Path(__file__).parent

# target-size (2.5.8) is switched off in axe-core unless it is asked for by name.
RUN = """async (rules) => {
  const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const asked = rules.length
    ? {runOnly: {type: "rule", values: rules}}
    : {runOnly: {type: "tag", values: WCAG}, rules: {"target-size": {enabled: true}}};
  const told = await axe.run(document, {...asked, preload: false, resultTypes: ["violations"]});
  return told.violations.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id, html: node.html.slice(0, 200), why: node.failureSummary,
  })));
}"""


def install(folder: Path) -> str:
    """The source of axe-core, fetched by npm as the lock says."""
    assert NPM is not None, "a test that uses this is marked `npm`"
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    quiet = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline")
    subprocess.run([NPM, "ci", *quiet], cwd=folder, check=True)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


async def faults(page: Page, *rules: str) -> list[dict[str, Any]]:
    """What fails on this page: all of WCAG 2.2 A and AA that it can tell, or these rules alone.

    Its browser was given the source by `add_init_script`, which comes in by the debugger, where no
    policy of the page is in force: the page keeps the one it has in service.
    """
    found: list[dict[str, Any]] = await page.evaluate(RUN, list(rules))
    return found
