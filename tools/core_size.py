"""Prints what there is to read of the trusted core, and of the checker of evidence beside it.

`tests/test_tidy.py` uses the same two functions, so that the limit and the table never differ.
"""

import ast
import sys
from pathlib import Path

READINGS = ("core", "evidence")


def code_lines(source: str) -> int:
    """Lines that are neither empty nor only a comment; docstrings count, they are to be read."""
    return sum(
        1 for line in source.splitlines() if line.strip() and not line.strip().startswith("#")
    )


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
    """Files and lines of one package, and what it imports from outside."""
    sizes: dict[str, int] = {}
    outside: set[str] = set()
    for file in sorted(Path("src/parley", package).glob("*.py")):
        source = file.read_text(encoding="utf-8")
        sizes[file.name] = code_lines(source)
        outside |= {
            name.split(".")[0]
            for name in imports(ast.parse(source), f"parley.{package}")
            if not name.startswith("parley")
        }
    rows = [*sizes.items(), (f"{package}: {len(sizes)} files", sum(sizes.values()))]
    lines = [f"{name:<20}{lines:>6}" for name, lines in rows]
    return "\n".join([*lines, f"imports: {', '.join(sorted(outside))}", ""])


def main() -> int:
    """Print the tables; the exit code is always 0, the limits are the tests' business."""
    sys.stdout.write("\n".join(map(table, READINGS)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
