"""What a checker says when something that must hold does not."""

from __future__ import annotations


class Violation(BaseException):
    """A rule of docs/simulation.md is broken. No handler of the station's own may catch it."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(f"{rule}: {sentence}")
        self.rule = rule


def hold(rule: str, holds: object, sentence: str) -> None:
    """Violation unless it holds."""
    if not holds:
        raise Violation(rule, sentence)
