"""`parley agree secrets`: what both brought to a meeting, given once more."""

from __future__ import annotations

import base64
from pathlib import Path

from parley.console.app import build
from parley.station.machine.carried import SECRET as BROUGHT
from parley.station.machine.carried import carry
from parley.station.machine.config import CONFIG_NAME, template
from parley.station.serving import perform_here
from tests.cli.terminal import Person, types
from tests.console.test_supplied import Seat
from tests.playbook import brought, two_stations
from tests.station.test_secrets_again import SECRET, agreement, told


def test_S19_status_and_page_say_what_to_do_and_the_verb_does_it(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False, **SECRET) as (north, south):
        papers = agreement(north)
        files = [tmp_path / name for name in ("a", "b")]
        for file, each in zip(files, brought(papers), strict=True):
            file.write_bytes(carry(BROUGHT, base64.b64decode(each)))
        at = ("--station", str(south.folder))
        done = types("agree", "secrets", *map(str, files), *at)
        assert done.code == 1
        assert "These are the secrets that were given here before." in done.err
        perform_here(south.folder, "agree.secrets", "", {"psk": brought(papers, 8)})
        (south.folder / CONFIG_NAME).write_text(template(sign_in={"enrol": "may"}))
        south.starts()
        north.starts()
        south.until(lambda: told(south))
        page = Seat(south, build(south.station), "watch").sees("/")
        assert "SECRETS DIFFER" in page
        assert "those given here are not those given at North" in page
        person = Person(south.folder, "operator")
        assert "The secrets of the meeting differ" in person.does("status").out
        done = person.does("agree", "secrets", *map(str, files))
        assert done.out.startswith("Blue Line opens once North was given the same")
        south.is_in_service()
        assert "The secrets of the meeting differ" not in person.does("status").out
