"""What must not be misread is found where it stands, in six languages."""

from __future__ import annotations

import re
from time import process_time

import pytest

from parley.catalogue.elements import Element, Kind, elements, find

SHIPS = {
    "en": "On 3 December at 0352Z the ship “Amity” was 12 nautical miles from 21°40′N 118°05′E.",
    "fr": "Le 3 décembre à 3 h 52 le « Amity » était à 12 milles marins de 21°40′N 118°05′E.",
    "es": "El 3 de diciembre a las 03:52 el buque «Amity» estaba a 12 millas náuticas de"
    " 21° 40' N 118° 05' E.",
    "ru": "3 декабря в 03:52 судно «Amity» было в 12 морских милях от 21°40′ с. ш. 118°05′ в. д.",
    "zh": "12月3日3时52分，「Amity」号距北纬21度40分、东经118度05分12海里。",
    "ar": "في 3 ديسمبر الساعة 03:52 كانت السفينة «Amity» على بعد 12 ميلاً بحرياً من"
    " 21°40′ شمالاً 118°05′ شرقاً.",
}
TWELVE_IN_WORDS = {
    "en": "twelve nautical miles",
    "fr": "douze milles marins",
    "es": "doce millas náuticas",
    "ru": "двенадцати морских милях",
    "zh": "十二海里",
    "ar": "اثني عشر ميلاً بحرياً",
}
SAID = {
    (Kind.DATE, "2026-12-03"),
    (Kind.TIME, "03:52"),
    (Kind.NAME, "Amity"),
    (Kind.NUMBER, "12 NM"),
    (Kind.POSITION, "21°40′00″N"),
    (Kind.POSITION, "118°05′00″E"),
}


@pytest.mark.parametrize("language", SHIPS)
def test_six_languages_say_the_same(language: str) -> None:
    found = find(SHIPS[language], 2026)
    assert {(each.kind, each.value) for each in found} == SAID


@pytest.mark.parametrize("language", SHIPS)
def test_six_languages_say_the_same_with_a_number_in_words(language: str) -> None:
    in_words = re.sub(
        r"12 ?(nautical miles|milles marins|millas náuticas|морских милях|海里|ميلاً بحرياً)",
        TWELVE_IN_WORDS[language],
        SHIPS[language],
    )
    assert in_words != SHIPS[language]
    assert {(each.kind, each.value) for each in find(in_words, 2026)} == SAID


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("at 8:02 p.m. today", Kind.TIME, "20:02"),
        ("at 12 a.m.", Kind.TIME, "00:00"),
        ("at 1430 UTC", Kind.TIME, "14:30"),
        ("в 14:30", Kind.TIME, "14:30"),
        ("5430N", Kind.POSITION, "54°30′00″N"),
        ("01833E", Kind.POSITION, "18°33′00″E"),
        ("54°30'36\"S", Kind.POSITION, "54°30′36″S"),
        ("54.51°N", Kind.POSITION, "54°30′36″N"),
        ("W 10°12′", Kind.POSITION, "10°12′00″W"),
        ("10°12′ O", Kind.POSITION, "10°12′00″W"),
        ("10°12′ ю.ш.", Kind.POSITION, "10°12′00″S"),
        ("西经10度", Kind.POSITION, "10°00′00″W"),
        ("30,000 ft", Kind.NUMBER, "30000 ft"),
        ("1127", Kind.NUMBER, "1127"),
        ("15 узлов", Kind.NUMBER, "15 kn"),
        ("50 %", Kind.NUMBER, "50 %"),
        ("٣٥ كم", Kind.NUMBER, "35 km"),
        ("9 tonnes", Kind.NUMBER, "9 t"),
        ("9 тонн", Kind.NUMBER, "9 t"),
        ("200 has", Kind.NUMBER, "200"),
        ("8 mules", Kind.NUMBER, "8"),
    ],
)
def test_one_element(text: str, kind: Kind, value: str) -> None:
    (found,) = find(text, 2026)
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize(
    ("text", "latitude", "longitude"),
    [
        ("54N 010E", "54°00′00″N", "10°00′00″E"),
        ("54N, 10E", "54°00′00″N", "10°00′00″E"),
        ("54N010E", "54°00′00″N", "10°00′00″E"),
        ("N54 E010", "54°00′00″N", "10°00′00″E"),
        ("54.5N 10.25E", "54°30′00″N", "10°15′00″E"),
        ("54,512 N 018,512 E", "54°30′43″N", "18°30′43″E"),
        ("54-30N 010-15E", "54°30′00″N", "10°15′00″E"),
        ("54-30.5N 010-15.2E", "54°30′30″N", "10°15′12″E"),
        ("54-30-12S 010-15-20W", "54°30′12″S", "10°15′20″W"),
        ("54 30 N 010 15 E", "54°30′00″N", "10°15′00″E"),
        ("54 30.5' N, 010 15.2' E", "54°30′30″N", "10°15′12″E"),
        ("N54-30 E010-15", "54°30′00″N", "10°15′00″E"),
        ("N54 30.5 W010 15.2", "54°30′30″N", "10°15′12″W"),
        ("5430N 01015E", "54°30′00″N", "10°15′00″E"),
        ("5430N01015E", "54°30′00″N", "10°15′00″E"),
        ("5430.5N 01015.2E", "54°30′30″N", "10°15′12″E"),
        ("543012N 0101520E", "54°30′12″N", "10°15′20″E"),
        ("543012N0101520E", "54°30′12″N", "10°15′20″E"),
        ("N5430 E01015", "54°30′00″N", "10°15′00″E"),
        ("54° 30' North, 010° 15' East", "54°30′00″N", "10°15′00″E"),
        ("54 degrees 30 minutes north 10 degrees west", "54°30′00″N", "10°00′00″W"),
        ("54 degrés 30 minutes sud, 10° ouest", "54°30′00″S", "10°00′00″W"),
        ("54° 30' sur, 10° 15' este", "54°30′00″S", "10°15′00″E"),
        ("54° norte, 10 grados 15 minutos oeste", "54°00′00″N", "10°15′00″W"),
        ("54 градуса 30 минут северной широты, 10° восточной долготы", "54°30′00″N", "10°00′00″E"),
    ],
)
def test_a_position_is_read_however_it_is_written(text: str, latitude: str, longitude: str) -> None:
    found = find(f"Ship at {text}.", 2026)
    assert [(each.kind, each.value) for each in found] == [
        (Kind.POSITION, latitude),
        (Kind.POSITION, longitude),
    ]
    assert (found[0].start, found[-1].end) == (8, 8 + len(text))


@pytest.mark.parametrize("text", ["33UXP1234567890", "33U XP 12345 67890", "33UXP 12345 67890"])
def test_a_square_of_the_grid_is_one_position(text: str) -> None:
    (found,) = find(f"At {text}", 2026)
    assert (found.kind, found.value) == (Kind.POSITION, "33U XP 12345 67890")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("211430ZDEC23", {"2023-12-21", "14:30"}),
        ("211430Z DEC 2023", {"2023-12-21", "14:30"}),
        ("211430Z Dec 23", {"2023-12-21", "14:30"}),
        ("211430ZDEC", {"2026-12-21", "14:30"}),
        ("211430Z", {"21", "14:30"}),
        ("21 Dec 2023", {"2023-12-21"}),
        ("21 DEC 23", {"2023-12-21"}),
        ("21DEC2023", {"2023-12-21"}),
        ("21-Dec-2023", {"2023-12-21"}),
        ("Dec. 21, 2023", {"2023-12-21"}),
        ("21 Sept", {"2026-09-21"}),
        ("21 December 1430Z", {"2026-12-21", "14:30"}),
        ("21 DEC 1430Z", {"2026-12-21", "14:30"}),
        ("December 21 1430 UTC", {"2026-12-21", "14:30"}),
        ("2023/12/21", {"2023-12-21"}),
        ("2023.12.21", {"2023-12-21"}),
        ("2023-12-21T14:30:15Z", {"2023-12-21", "14:30:15"}),
        ("14:30:15 UTC", {"14:30:15"}),
        ("14:30:00", {"14:30"}),
        ("14:30 UTC", {"14:30"}),
        ("0600-0800Z", {"06:00", "08:00"}),
        ("0600Z-0800Z", {"06:00", "08:00"}),
        ("0600 to 0800 UTC", {"06:00", "08:00"}),
        ("at 1430 hours", {"14:30"}),
        ("by 0600", {"06:00"}),
        ("at 1430 local", {"14:30"}),
        ("14.30 Uhr", {"14:30"}),
        ("14 ч 30 мин", {"14:30"}),
    ],
)
def test_a_time_is_read_however_it_is_written(text: str, said: set[str]) -> None:
    assert {each.value for each in find(f"It was {text}.", 2026)} == said


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("045°T", "45 °T"),
        ("045° T", "45 °T"),
        ("045T", "45 °T"),
        ("course 270T", "270 °T"),
        ("bearing 315M", "315 °M"),
        ("270 degrees true", "270 °T"),
        ("270° magnetic", "270 °M"),
        ("300T", "300 t"),
        ("300 m", "300 m"),
        ("045°", "45 °"),
        ("2182 kHz", "2182 kHz"),
        ("156.8 MHz", "156.8 MHz"),
        ("121,5 МГц", "121.5 MHz"),
        ("8.4 GHz", "8.4 GHz"),
        ("50 Hz", "50 Hz"),
        ("12nm", "12 NM"),
        ("12 miles", "12 mi"),
        ("12 миль", "12 mi"),
        ("12 морских миль", "12 NM"),
        ("500 yards", "500 yd"),
        ("500 yds", "500 yd"),
    ],
)
def test_a_bearing_frequency_or_range_has_its_unit(text: str, value: str) -> None:
    (found,) = find(f"Take {text}.", 2026)
    assert (found.kind, found.value) == (Kind.NUMBER, value)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3 Minuteman missiles", ["3"]),
        ("3 metropolitan areas", ["3"]),
        ("5 минных тральщиков, 12 миномётов", ["5", "12"]),
        ("10 частей, 2 футбольных поля", ["10", "2"]),
        ("2026 ميلادية", ["2026"]),
        ("第3节，第5天", ["3", "5"]),
        ("5 минут, 12 мин, 200-мильная зона", ["5 min", "12 min", "200 mi"]),
        ("3 часа, 5 метровых", ["3 h", "5 m"]),
        ("3 كيلومترات، 10 طناً، 12 ميلاً", ["3 km", "10 t", "12 mi"]),
        ("6 m/s, 14 миль/ч", ["6 m/s", "14"]),
        ("20 m3, 500 m², 12 NM²", ["20 m³", "500 m²", "12"]),
        ("5 °C, 5 °F, 5 °", ["5 °C", "5 °F", "5 °"]),
    ],
)
def test_a_word_that_only_begins_like_a_unit_is_none(text: str, values: list[str]) -> None:
    assert [each.value for each in find(text, 2026)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("à 3 000 mètres", ["3000 m"]),
        ("1 200 км", ["1200 km"]),
        ("12 345 678 человек", ["12345678"]),
        ("100 000 тонн", ["100000 t"]),
        ("1 200,5 km", ["1200.5 km"]),
        ("1\u202f200,5 km", ["1200.5 km"]),
        ("5.000.000 de euros", ["5000000"]),
        ("course 270 300 m off", ["270", "300 m"]),
        ("rooms 101 102 and 103", ["101", "102", "103"]),
        ("zones 1 200 5", ["1", "200", "5"]),
        ("depth .5 NM", ["0.5 NM"]),
        ("١٬٢٠٠ كم", ["1200 km"]),
        ("١٢٫٥ كم", ["12.5 km"]),
        ("minus 5 °C", ["-5 °C"]),
        ("minus 40 °C, -5 °C; at -10 m, 零下20度", ["-40 °C", "-5 °C", "-10 m", "-20 °"]),
        ("15-20 kn, DDG-89, S-300", ["15", "20 kn", "89", "300"]),
        ("- 5 ships\n-6 boats", ["5", "6"]),
    ],
)
def test_a_number_is_read_whole_and_with_its_sign(text: str, values: list[str]) -> None:
    assert [each.value for each in find(text, 2026)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3 тыс. человек", ["3000"]),
        ("2 млн тонн", ["2000000 t"]),
        ("2,5 миллиарда", ["2500000000"]),
        ("10.5 thousand feet", ["10500 ft"]),
        ("3 million", ["3000000"]),
        ("3 mille hommes à 5 milles marins", ["3000", "5 NM"]),
        ("3 mil hombres, 2 millones, 5 miles de soldados", ["3000", "2000000", "5000"]),
        ("高度1.2万米", ["12000 m"]),
        ("3万2千人，1.5亿", ["32000", "150000000"]),
        ("5千米，5千人，3百万", ["5 km", "5000", "3000000"]),
        ("3 آلاف، 2 مليون", ["3000", "2000000"]),
        ("5 millimetres, 3 thousandths", ["5", "3"]),
    ],
)
def test_a_word_that_multiplies_belongs_to_its_number(text: str, values: list[str]) -> None:
    assert [each.value for each in find(text, 2026)] == values


@pytest.mark.parametrize("word", [" thousand", " тыс.", " mil", "万"])
def test_a_number_of_any_length_is_read_to_its_last_digit(word: str) -> None:
    """Whoever writes it chooses its length, and a page shows it."""
    (found,) = find("1" * 40 + word, 2026)
    assert found.value.rstrip("0") == "1" * 40


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("下午3时52分", ["15:52"]),
        ("下午3点半", ["15:30"]),
        ("上午8点", ["08:00"]),
        ("晚上8时30分", ["20:30"]),
        ("夜里2点，午夜12时", ["02:00", "00:00"]),
        ("中午12时，中午1点", ["12:00", "13:00"]),
        ("凌晨3:15", ["03:15"]),
        ("12月3日3点", ["03:00"]),
        ("3点钟方向，共3点意见，第3点，3点建议", []),
        ("0时至24时", ["00:00", "24:00"]),
        ("в 3:30 дня, в 8:30 вечера", ["15:30", "20:30"]),
        ("в 3:30 утра, в 3 часа ночи, в 11 вечера", ["03:30", "03:00", "23:00"]),
        ("2 ночи, 3 дня", []),
        ("к 08.00, до 18-00, в 15.30 мск", ["08:00", "18:00", "15:30"]),
        ("в 12.50 м, в 10-15 случаях", []),
        ("a las 3:30 de la tarde y a las 8 de la noche", ["15:30", "20:00"]),
        ("a las 15.30 horas, a las 08.15", ["15:30", "08:15"]),
        ("à 8 h 30 du soir, à 3 heures du matin", ["20:30", "03:00"]),
        ("à 15 heures 30", ["15:30"]),
        ("الساعة 3:30 مساءً، الساعة 8 صباحاً", ["15:30", "08:00"]),
        ("الساعة 11 ليلا", ["23:00"]),
        ("24:00, 2400Z, 24h00", ["24:00", "24:00", "24:00"]),
        ("15:30 дня", ["15:30"]),
    ],
)
def test_a_time_is_read_in_its_half_of_the_day(text: str, times: list[str]) -> None:
    assert [each.value for each in find(text, 2026) if each.kind is Kind.TIME] == times


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("03.12.26", "2026-12-03"),
        ("8 déc. 2026", "2026-12-08"),
        ("4 DIC 2026", "2026-12-04"),
        ("3 авг.", "2026-08-03"),
        ("3 كانون الأول 2026", "2026-12-03"),
        ("5 تشرين الثاني", "2026-11-05"),
    ],
)
def test_a_date_is_read_in_short(text: str, value: str) -> None:
    (found,) = find(text, 2026)
    assert (found.kind, found.value) == (Kind.DATE, value)


@pytest.mark.parametrize(
    "text",
    [
        "call sign DDH47",
        "callsign: DDH47",
        "Call sign is “DDH47”",
        "позывной DDH47",
        "indicatif d'appel DDH47",
        "distintivo de llamada DDH47",
        "呼号DDH47",
    ],
)
def test_a_call_sign_is_a_name_and_its_figures_no_number(text: str) -> None:
    (found,) = find(f"{text} at sea.", 2026)
    assert (found.kind, found.value) == (Kind.NAME, "DDH47")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("We have just learned that USS Liberty, an auxiliary ship, was torpedoed", "Liberty"),
        ("USS LIBERTY HAS BEEN TORPEDOED", "LIBERTY"),
        ("HMS Duke of York sails", "Duke of York"),
        ("the M/V Ever Given is aground", "Ever Given"),
        ("Our rescue ship Amity leaves port", "Amity"),
        ("the ship AMITY leaves port", "AMITY"),
        ("the frigate La Fayette turned", "La Fayette"),
        ("the patrol-boat Nancy II turned", "Nancy II"),
        ("la frégate Surcouf appareille", "Surcouf"),
        ("le sous-marin Émeraude a plongé", "Émeraude"),
        ("die Fregatte Hessen wendet", "Hessen"),
        ("el buque Esperanza zarpa", "Esperanza"),
        ("我救援船友谊号于此", "友谊"),
        ("航母辽宁号返航", "辽宁"),
    ],
)
def test_the_name_of_a_ship_shows_itself(text: str, name: str) -> None:
    (found,) = find(text, 2026)
    assert (found.kind, found.value) == (Kind.NAME, name)
    assert text[found.start : found.end] == name


@pytest.mark.parametrize(
    "text",
    [
        "The ship The Hague mentioned",
        "A ship. Then nothing",
        "Their warship May turn",
        "THE SHIP HAS LEFT",
        "a Liberty type ship",
        "le navire américain",
        "корабль Китая",
        "船舶信号",
        "救生艇二号",
        "舰舷号",
    ],
)
def test_what_stands_behind_a_ship_is_not_always_its_name(text: str) -> None:
    assert find(text, 2026) == []


@pytest.mark.parametrize(
    "text",
    ["2000 in all", "1430 people", "300 men by 2030", "May 2023 be", "31 JUN 24"],
)
def test_a_number_that_looks_like_a_time_is_none(text: str) -> None:
    assert all(each.kind is Kind.NUMBER for each in find(text, 2026))


@pytest.mark.parametrize(
    "text",
    [
        "54N",
        "N5430",
        "5 S 3",
        "Exit W 12 30 left",
        "54N of 10E",
        "99N 010E",
        "12-30 E-mails",
        "10° est peu",
        "10° sur l'échelle",
    ],
)
def test_what_may_be_something_else_is_no_position(text: str) -> None:
    assert all(each.kind is Kind.NUMBER for each in find(text, 2026))


@pytest.mark.parametrize("text", ["91°00′N", "181°00′E", "21°61′N", "9930N"])
def test_what_is_nowhere_on_earth_is_no_position(text: str) -> None:
    assert all(each.kind is Kind.NUMBER for each in find(text, 2026))


def test_each_is_found_where_it_stands() -> None:
    text = "𝔄 ship, 031200Z DEC 26, heads for ‘Port’ at 12 kn."
    group, time, speed = find(text, 2026)
    assert text[group.start : group.end] == "031200Z DEC 26" == text[time.start : time.end]
    assert (group.value, time.value) == ("2026-12-03", "12:00")
    assert text[speed.start : speed.end] == "12 kn"


def test_a_protected_name_is_one_and_its_figures_are_no_number() -> None:
    text = "The aircraft Falcon 7 is lost."
    assert find(text, 2026, [(13, 21)]) == [Element(Kind.NAME, "Falcon 7", 13, 21, protected=True)]


def test_numbers_of_a_readout_stand_without_their_units() -> None:
    assert elements("12 NM and 12 ships", 2026).numbers == {"12"}


def test_the_longest_text_takes_no_breath() -> None:
    """A counterpart may fill a message with nothing but elements."""
    text = ("3.12.2026 08:02 21°40′N 5 km «a» " * 2200)[:65_536]
    began = process_time()
    assert len(find(text, 2026)) > 5000
    assert process_time() - began < 2


@pytest.mark.parametrize(
    "part", ["100 ", "1 200 ", "3万", "下午3点", "в 3 ", "-5 minus ", ".5.5", "2亿"]
)
def test_no_run_of_figures_takes_a_breath(part: str) -> None:
    text = (part * 33_000)[:65_536]
    began = process_time()
    assert find(text, 2026)
    assert process_time() - began < 4


def test_no_row_of_signs_that_multiply_takes_a_breath() -> None:
    began = process_time()
    assert find("3" + "亿" * 65_000, 2026)
    assert process_time() - began < 2
