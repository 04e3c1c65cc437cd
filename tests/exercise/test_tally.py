"""What was sent against what stands in a record: each once, in order, with every act."""

from parley.core.entry import Type
from parley.exercise.exchange import Telegram
from parley.exercise.ledger import Stands
from parley.exercise.tally import Tally
from tests.exercise.record_of_two import record_of_two


def telegram(number: int, text: str = "") -> Telegram:
    return Telegram(number, "North", "South", text or f"Message {number}", "en", "FLASH")


def said(telegram: Telegram, n: int) -> Stands:
    return Stands(0, n, Type.TEXT, 3, telegram.text)


def acts(n: int, read_back: int) -> list[Stands]:
    return [
        Stands(1, read_back - 3, Type.DISPLAYED, 3, [[n, 1]]),
        Stands(1, read_back - 2, Type.OPENED, 3, [n, 1]),
        Stands(1, read_back - 1, Type.PASSED, 3, [n, "Office", 0]),
        Stands(1, read_back, Type.READBACK, 3, [n, "123456"]),
        Stands(0, n + 1, Type.CONFIRMED, 3, [read_back]),
    ]


ONE, TWO, THREE = (telegram(number) for number in (1, 2, 3))
WHOLE = [said(ONE, 0), *acts(0, 3), said(TWO, 2), *acts(2, 7), said(THREE, 4), *acts(4, 11)]
SENT = [(ONE, 0, 0), (TWO, 0, 2), (THREE, 0, 4)]


def tally(record: list[Stands]) -> Tally:
    found = Tally()
    found.hold(SENT, record)
    return found


def test_what_stands_once_and_in_order_is_whole() -> None:
    assert tally(WHOLE).ok


def test_a_message_that_is_missing_is_lost() -> None:
    found = tally([entry for entry in WHOLE if entry.payload != TWO.text])
    assert (found.lost, found.duplicated, found.reordered) == (1, 0, 0)
    assert "message 2 is not there" in found.complaints


def test_a_message_that_stands_there_again_is_duplicated() -> None:
    found = tally([*WHOLE, said(TWO, 6)])
    assert (found.lost, found.duplicated, found.reordered) == (0, 1, 0)


def test_messages_in_another_order_are_counted_once() -> None:
    rest = [entry for entry in WHOLE if entry.type != Type.TEXT]
    found = tally([said(TWO, 2), said(THREE, 4), said(ONE, 0), *rest])
    assert (found.lost, found.duplicated, found.reordered) == (0, 0, 1)


def test_a_changed_letter_is_a_loss_and_a_stranger() -> None:
    changed = [
        Stands(0, 2, Type.TEXT, 3, "Message 2.") if entry.payload == TWO.text else entry
        for entry in WHOLE
    ]
    found = tally(changed)
    assert found.lost == 1
    assert any("stands in no file" in complaint for complaint in found.complaints)


def test_the_same_text_twice_in_a_file_is_two_messages() -> None:
    again = telegram(2, ONE.text)
    found = Tally()
    record = [said(ONE, 0), *acts(0, 3), said(again, 2), *acts(2, 7)]
    found.hold([(ONE, 0, 0), (again, 0, 2)], record)
    assert found.ok


def test_an_act_done_twice_or_never_is_told() -> None:
    opened = Stands(1, 20, Type.OPENED, 3, [0, 1])
    twice = tally([*WHOLE, opened])
    assert twice.complaints == ["message 1 stands as opened 2 times"]
    never = tally([entry for entry in WHOLE if entry.type != Type.CONFIRMED])
    assert len(never.complaints) == 3
    assert not never.ok


def test_junk_payloads_are_no_acts() -> None:
    junk = [
        Stands(1, 30, Type.DISPLAYED, 3, [7]),
        Stands(1, 31, Type.OPENED, 3, []),
        Stands(1, 32, Type.READBACK, 3, None),
    ]
    assert tally([*WHOLE, *junk]).ok


def test_two_records_are_verified_and_agree_or_it_is_told() -> None:
    one, other = (record_of_two(6, signed_every=3, seed=seed).decode() for seed in (1, 2))
    broken = one.replace("--- entries", "--- entires")
    assert Tally.of([], [one, one]).records_agree
    for pair, told in (
        ([one, other], "the two records differ"),
        ([one, broken], "evidence fails: "),
        ([broken, one], "evidence fails: "),
    ):
        found = Tally.of([], pair)
        assert not found.records_agree
        assert not found.ok
        assert any(complaint.startswith(told) for complaint in found.complaints)
