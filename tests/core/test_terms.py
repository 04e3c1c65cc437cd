"""What holds on a line unless its agreement says otherwise."""

from __future__ import annotations

from parley.core.suites import SUITE_1
from parley.core.terms import Terms
from tests.core.conversation import terms_of


def test_L7_L20_L25_what_holds_unless_the_agreement_says_otherwise() -> None:
    agreed = terms_of(1)
    bare = Terms(
        agreed.line_id,
        agreed.inc,
        agreed.side,
        agreed.h_agr,
        agreed.our_prekey,
        agreed.their_prekey,
        agreed.our_keys,
        agreed.their_keys,
    )
    assert (bare.window, bare.heartbeat_s) == (1_024, 10.0)
    assert (bare.rekey_entries, bare.rekey_s) == (100, 3_600.0)
    assert (bare.deniable, bare.suite, bare.psk0) == (False, SUITE_1, None)


def test_K2_three_public_keys_one_for_each_use() -> None:
    keys = terms_of(0).our_keys
    names = [public.name.rpartition("/")[2] for public in keys.publics]
    assert names == ["station", "log", "cosigner"]
