"""Two stations that many tests of one module share."""

from collections.abc import Iterator

import pytest

from tests.playbook import Posts, two_stations


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posts]:
    """North and South, for tests that need them as they serve and leave them so: to start two costs
    more than most questions to them."""
    with two_stations(tmp_path_factory.mktemp("shared")) as posts:
        yield posts
