"""The small mistakes that can be made in a module of core or evidence, as changes of its tree.

`tools.mutants` tries them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SOURCES = {
    file.stem: file
    for package in ("core", "evidence")
    for file in sorted((ROOT / "src" / "parley" / package).glob("*.py"))
    if file.stem != "__init__"
}

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
# What these say of two values is the same in either order: to exchange them is no mistake.
EITHER_ORDER = frozenset({"max", "min", "same", "compare_digest"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: what stands in a field of a node, and what stands there instead."""

    holder: ast.AST
    field: str
    index: int | None  # in a list
    new: Any
    statement: ast.stmt
    where: str  # module and function

    def swap(self) -> Callable[[], None]:
        """Make the mistake; call what comes back to undo it."""
        old = getattr(self.holder, self.field)
        if self.index is None:
            setattr(self.holder, self.field, self.new)
            return lambda: setattr(self.holder, self.field, old)
        was = old[self.index]
        old[self.index] = self.new
        return lambda: old.__setitem__(self.index, was)

    def words(self) -> str:
        """How the ledger names it: the statement as it was and as it became."""
        before = _line(self.statement)
        undo = self.swap()
        # A statement that is dropped has become another one.
        whole = self.new if isinstance(self.new, ast.stmt) else self.statement
        after = _line(whole)
        undo()
        return f"{self.where}: {before} → {after}"


def _line(statement: ast.stmt) -> str:
    """A statement in one line; of one that has a body, its head. Which quotes stand around a text
    that holds others is different from one Python to the next, so all are of one kind."""
    text = ast.unparse(statement).replace('"', "'")
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.If | ast.For | ast.While):
        text = text[: text.index(":\n") + 1] if ":\n" in text else text
    return re.sub(r"\s+", " ", text)


class _Finder(ast.NodeVisitor):
    """Walks a module and notes every mistake that can be made in it."""

    def __init__(self, module: str) -> None:
        self.found: list[Mutant] = []
        self._names = [module]
        self._statement: ast.stmt = ast.Pass()

    def _note(self, holder: ast.AST, field: str, new: Any, index: int | None = None) -> None:
        where = ".".join(self._names)
        self.found.append(Mutant(holder, field, index, new, self._statement, where))

    def visit(self, node: ast.AST) -> None:
        """Visit a node, then what is in it."""
        before = self._statement
        if isinstance(node, ast.stmt):
            self._statement = node
        super().visit(node)
        self._statement = before

    def generic_visit(self, node: ast.AST) -> None:
        """Statements that can be dropped and conditions that can be turned, then all below."""
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
                continue
            if isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.stmt):
                        self._drop(node, name, index, item)
                    if isinstance(item, ast.AST):
                        self._field(node, name, index, item)
            elif isinstance(value, ast.AST):
                self._field(node, name, None, value)

    def _field(self, node: ast.AST, name: str, index: int | None, item: ast.AST) -> None:
        if name == "test" and isinstance(item, ast.Name | ast.Attribute | ast.Call):
            self._note(node, name, ast.UnaryOp(ast.Not(), item), index)
        if isinstance(item, ast.UnaryOp) and isinstance(item.op, ast.Not):
            self._note(node, name, item.operand, index)
        self.visit(item)

    def _drop(self, node: ast.AST, name: str, index: int, item: ast.stmt) -> None:
        before, self._statement = self._statement, item
        docstring = isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
        # `del now` only says that a name is not used.
        names = isinstance(item, ast.Delete) and all(isinstance(x, ast.Name) for x in item.targets)
        dropped = isinstance(item, ast.Expr | ast.AugAssign | ast.Delete | ast.Raise)
        if dropped and not docstring and not names:
            self._note(node, name, ast.Pass(), index)
        self._statement = before

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Name what is within."""
        self._names.append(node.name)
        self.generic_visit(node)
        self._names.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Name what is within."""
        self._names.append(node.name)
        self.generic_visit(node)
        self._names.pop()

    def visit_Import(self, node: ast.Import) -> None:
        """Nothing to change."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Nothing to change."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """The annotation says nothing at run time."""
        if node.value is not None:
            self._field(node, "value", None, node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        """A docstring is for people."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """The sentences of an error are for people; its rule and its conditions are not."""
        if isinstance(node.exc, ast.Call):
            for keyword in node.exc.keywords:
                if keyword.arg == "rule":
                    self.visit(keyword)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Only what is put into a text, not the text."""
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self._field(part, "value", None, part.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Another number, another text, the other truth."""
        value = node.value
        if isinstance(value, bool):
            self._note(node, "value", not value)
        elif isinstance(value, int):
            self._note(node, "value", value + 1)
        elif isinstance(value, str) and " " not in value:  # with a space it is for people
            self._note(node, "value", value + "x")
        elif isinstance(value, bytes):
            self._note(node, "value", value + b"x")

    def visit_Compare(self, node: ast.Compare) -> None:
        """The border on the other side, or the contrary."""
        for index, op in enumerate(node.ops):
            self._note(node, "ops", COMPARED[type(op)](), index)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """The neighbouring operation."""
        other = COMPUTED.get(type(node.op))
        if other is not None:
            self._note(node, "op", other())
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """The neighbouring operation."""
        other = COMPUTED.get(type(node.op))
        if other is not None:
            self._note(node, "op", other())
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """Or for and."""
        self._note(node, "op", ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        """Nothing, where something was given."""
        nothing = isinstance(node.value, ast.Constant) and node.value.value is None
        if node.value is not None and not nothing:
            self._note(node, "value", ast.Constant(None))
            self._field(node, "value", None, node.value)

    def visit_Call(self, node: ast.Call) -> None:
        """The first two arguments exchanged."""
        plain = not any(isinstance(argument, ast.Starred) for argument in node.args[:2])
        called = ast.unparse(node.func).rpartition(".")[2]
        either = called in EITHER_ORDER and not any(each.arg == "key" for each in node.keywords)
        if len(node.args) >= 2 and plain and not either:
            first, second, *rest = node.args
            if ast.dump(first) != ast.dump(second):
                self._note(node, "args", [second, first, *rest])
        self.generic_visit(node)


def mutants(module: str) -> tuple[ast.Module, list[Mutant]]:
    """A module of the core as a tree, and every mistake that can be made in it."""
    tree = ast.parse(SOURCES[module].read_text(encoding="utf-8"))
    finder = _Finder(module)
    finder.visit(tree)
    return tree, finder.found
