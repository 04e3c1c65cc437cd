"""Prints what there is to read of the trusted core, and of the checker of evidence beside it.

`tests/test_tidy.py` uses the same two functions, so that the limit and the table never differ.
"""

import ast
import sys
from pathlib import Path

READINGS = ("core", "evidence")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(source: str) -> int:
    """Lines that are neither empty nor only a comment; docstrings count, they are to be read."""
    return sum(
        1 for line in source.splitlines() if line.strip() and not line.strip().startswith("#")
    )


def docstring_lines(tree: ast.AST) -> int:
    """Lines of all docstrings: of what is to be read, what only tells."""
    found = 0
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            told = node.body[0]
            found += 1 + (told.end_lineno or told.lineno) - told.lineno
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


def table(package: str) -> str:
    """Files of one package, lines to read and how many of them are docstrings, and what it imports
    from outside."""
    rows: list[tuple[str, int, int]] = []
    outside: set[str] = set()
    for file in sorted(Path("src/parley", package).glob("*.py")):
        source = file.read_text(encoding="utf-8")
        tree = ast.parse(source)
        rows.append((file.name, code_lines(source), docstring_lines(tree)))
        outside |= {
            name.split(".")[0]
            for name in imports(tree, f"parley.{package}")
            if not name.startswith("parley")
        }
    rows.append((f"{package}: {len(rows)} files", sum(r[1] for r in rows), sum(r[2] for r in rows)))
    head = f"{'':<20}{'lines':>6}{'of them docstrings':>20}"
    lines = [f"{name:<20}{lines:>6}{told:>20}" for name, lines, told in rows]
    return "\n".join([head, *lines, f"imports: {', '.join(sorted(outside))}", ""])


def main() -> int:
    """Print the tables; the exit code is always 0, the limits are the tests' business."""
    sys.stdout.write("\n".join(map(table, READINGS)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
