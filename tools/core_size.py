"""Prints what there is to read of the trusted core, and of the checker of evidence beside it.

`tests/test_tidy.py` uses the same two functions, so that the limit and the table never differ.
"""

import ast
import re
import sys
from pathlib import Path

PACKAGES = ("core", "evidence")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(source: str) -> int:
    """Lines that are neither empty nor only a comment; docstrings count, they are to be read."""
    return sum(
        1 for line in source.splitlines() if line.strip() and not line.strip().startswith("#")
    )


def docstring_lines(source: str) -> int:
    """Lines of all docstrings, empty ones not counted: of what is to be read, what only tells."""
    lines, found = source.splitlines(), 0
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            told = node.body[0]
            found += code_lines("\n".join(lines[told.lineno - 1 : told.end_lineno]))
    return found


def imports(tree: ast.AST, package: str) -> set[str]:
    """Full dotted names of the modules imported anywhere in `tree`, a file of `package`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join(parts) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            # `from parley import core` names the package core, not only parley.
            within = module == "parley" or (node.level > 0 and node.module is None)
            found |= {f"{module}.{alias.name}" for alias in node.names} if within else {module}
    return found


def readings(package: str) -> list[tuple[str, list[str]]]:
    """The parts in which a package is read, and the modules of each in order, as the docstring of
    the package says; one part with all of them where it says nothing."""
    root = Path("src/parley", package)
    told = ast.get_docstring(ast.parse((root / "__init__.py").read_text(encoding="utf-8"))) or ""
    parts = re.split(r"^\*\*(.+)\.\*\*$", told, flags=re.MULTILINE)
    found = [
        (
            title,
            [
                name
                for row in re.findall(r"^- (.+?):", text, re.MULTILINE)
                for name in re.findall(r"`(\w+)`", row)
            ],
        )
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    ]
    return found or [("", sorted(each.stem for each in root.glob("[!_]*.py")))]


def table(package: str) -> str:
    """Modules of one package as they are read, the lines of each and how many of them are
    docstrings, and what the package imports from outside."""
    rows: list[tuple[str, int, int]] = []
    outside: set[str] = set()
    total = (0, 0, 0)
    for title, modules in [("", ["__init__"]), *readings(package)]:
        sources = [
            Path("src/parley", package, f"{module}.py").read_text(encoding="utf-8")
            for module in modules
        ]
        sizes = [(code_lines(source), docstring_lines(source)) for source in sources]
        lines, told = (sum(column) for column in zip(*sizes, strict=True))
        total = (total[0] + len(modules), total[1] + lines, total[2] + told)
        if title:
            rows.append((title, lines, told))
        rows += [(f"  {module}", *size) for module, size in zip(modules, sizes, strict=True)]
        for source in sources:
            named = imports(ast.parse(source), f"parley.{package}")
            outside |= {name.split(".")[0] for name in named if not name.startswith("parley")}
    rows.append((f"{package}: {total[0]} files", *total[1:]))
    wide = max(len(name) for name, _, _ in rows) + 2
    head = f"{'':<{wide}}{'lines':>6}{'of them docstrings':>20}"
    shown = [f"{name:<{wide}}{lines:>6}{told:>20}" for name, lines, told in rows]
    return "\n".join([head, *shown, f"imports: {', '.join(sorted(outside))}", ""])


def main() -> int:
    """Print the tables; the exit code is always 0, the limits are the tests' business."""
    sys.stdout.write("\n".join(map(table, PACKAGES)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
