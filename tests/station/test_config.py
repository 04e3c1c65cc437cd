"""Settings: all have defaults, none is silently ignored, and the manual names them all."""

from pathlib import Path

import pytest

from parley.core.errors import Misused, Unavailable
from parley.station.machine.config import SECTIONS, Config, reference, template

MANUAL = Path(__file__).parents[2] / "docs" / "reference-config.md"


def read(tmp_path: Path, text: str | bytes) -> Config:
    file = tmp_path / "station.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return Config.read(file)


def test_every_setting_stands_in_the_manual() -> None:
    assert MANUAL.read_text(encoding="utf-8").endswith("\n\n" + reference())


def test_an_empty_file_and_a_fresh_one_are_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "") == read(tmp_path, template()) == Config()


def test_what_is_set_is_read(tmp_path: Path) -> None:
    config = read(tmp_path, '[console]\nhost = "127.0.0.2"\nport = 8123\n')
    assert (config.console.host, config.console.port) == ("127.0.0.2", 8123)
    written = template(console={"port": 8123})
    assert read(tmp_path, written).console.port == 8123
    assert all(f"[{name}]" in written for name in SECTIONS)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[consol]\n", r"no section \[consol\]"),
        ("console = 1\n", "no section"),
        ("[console]\nprot = 1\n", "no setting 'prot'"),
        ("[console]\nport = 65536\n", "does not fit"),
        ("[console]\nport = true\n", "does not fit"),
        ('[console]\nport = "1"\n', "does not fit"),
        ('[console]\nhost = ""\n', "does not fit"),
        ("[console\n", "not TOML"),
        (b"\xff", "not TOML"),
    ],
)
def test_what_does_not_fit_is_an_error(tmp_path: Path, text: str | bytes, why: str) -> None:
    with pytest.raises(Misused, match=why) as error:
        read(tmp_path, text)
    assert error.value.hint


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        Config.read(tmp_path / "station.toml")
