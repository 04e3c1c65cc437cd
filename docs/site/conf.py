"""How `make site` makes a book of our pages: docs/ and spec/ as they are, with an index."""

project = "Parley"
author = "the Parley maintainers"
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = [
    "docs/**.md",
    "spec/**.md",
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "models/README.md",
]
exclude_patterns = ["**/.venv*"]
myst_heading_anchors = 3
# A page of ours ends in a screen or two: the index tells where to go on.
html_theme = "alabaster"
html_theme_options = {
    "description": "A direct line between parties that do not trust each other",
    "fixed_sidebar": True,
    "font_family": "sans-serif",
    "show_powered_by": False,
}
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
pygments_style = "bw"
