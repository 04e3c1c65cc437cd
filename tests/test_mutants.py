"""The page of mutants gives its reasons for mutants that exist, and the tool finds them there."""

from __future__ import annotations

import re

from tools.mutants import known, mutants


def test_every_row_of_the_page_is_about_a_mutant_that_exists() -> None:
    reasons = known()
    modules = {re.split(r"[.:]", words)[0] for words in reasons}
    assert {"wire", "record", "keys"} <= modules
    assert not reasons - {each.words() for module in modules for each in mutants(module)[1]}
