"""Prints what an auditor of the trusted core has to read: files, lines, imports.

`tests/test_tidy.py` uses the same two functions, so that the limit and the table never differ.
"""

import ast
import sys
from pathlib import Path

CORE = Path("src/parley/core")


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


def main() -> int:
    """Print the table; the exit code is always 0, the limits are the tests' business."""
    total = 0
    outside: set[str] = set()
    files = sorted(CORE.glob("*.py"))
    for file in files:
        source = file.read_text(encoding="utf-8")
        lines = code_lines(source)
        total += lines
        outside |= {
            name.split(".")[0]
            for name in imports(ast.parse(source), "parley.core")
            if not name.startswith("parley")
        }
        sys.stdout.write(f"{file.name:<16}{lines:>6}\n")
    sys.stdout.write(
        f"{len(files)} files{total:>{22 - len(f'{len(files)} files')}} lines of code\n"
    )
    sys.stdout.write(f"imports: {', '.join(sorted(outside))}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
