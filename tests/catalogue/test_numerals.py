"""Numbers in words are read as figures are, in six languages; words that only look so are not."""

from __future__ import annotations

from time import process_time

import pytest

from parley.catalogue.elements import Kind, elements, find, hinted
from parley.catalogue.harmless import TEXTS
from parley.catalogue.prepared import LANGUAGES, PREPARED
from parley.catalogue.translating import Mark, compare


def numbers(text: str) -> list[str]:
    return [each.value for each in find(text, 2026) if each.kind is Kind.NUMBER]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "three aircraft",
            "Three aircraft",
            "THREE AIRCRAFT",
            "three-man crew",
            "the three of us",
        ),
        *("trois avions", "les trois avions", "tres aviones", "a tres de nuestros aviones"),
        *("три самолёта", "трёх самолетов", "тремя самолётами", "трое раненых", "ТРИ САМОЛЁТА"),
        *("ثلاثة طائرات", "ثلاث سفن", "الثلاثة", "بثلاثة زوارق", "وثلاثُ سفن", "ثَلَاثَة"),
        *("三架飞机", "三艘船", "三名船员", "我方三艘舰艇", "三人", "三次", "三个"),
        *("3 aircraft", "٣ طائرات", "3架飞机"),
    ],
)
def test_three_is_three_in_every_language(text: str) -> None:
    assert numbers(text) == ["3"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("twenty-one ships, ninety nine men", ["21", "99"]),
        ("two hundred and five, one hundred twenty thousand", ["205", "120000"]),
        ("two hundred and three hundred", ["200", "300"]),
        ("one million two hundred thousand, a hundred", ["1200000", "100"]),
        ("twelve hundred, two dozen, a dozen", ["1200", "24", "12"]),
        ("two and a half hours, two and a half million", ["2.5 h", "2500000"]),
        (
            "three point five, course two seven zero, aircraft one one two seven",
            ["3.5", "270", "1127"],
        ),
        ("vingt et un, vingt-deux, soixante et onze, soixante-quinze", ["21", "22", "71", "75"]),
        ("quatre-vingts, quatre-vingt-dix-sept, quatre-vingt-onze", ["80", "97", "91"]),
        ("dix-huit, deux cents, trois cent mille, mille hommes", ["18", "200", "300000", "1000"]),
        ("deux mille dix-sept, deux millions et demi", ["2017", "2500000"]),
        ("trois virgule vingt-cinq, septante-trois", ["3.25", "73"]),
        ("doce, treinta y tres, veintiún, dieciséis", ["12", "33", "21", "16"]),
        ("doscientas cincuenta y seis, dos mil quinientos", ["256", "2500"]),
        (
            "dos mil millones, ciento cinco, cien, tres coma cinco",
            ["2000000000", "105", "100", "3.5"],
        ),
        ("двенадцать, двадцать один, двадцатью одним", ["12", "21", "21"]),
        ("трёхсот пятидесяти двух, сто двадцать", ["352", "120"]),
        (
            "две тысячи пятьсот, пять миллионов, тысяча, пять сотен",
            ["2500", "5000000", "1000", "500"],
        ),
        ("два с половиной, двумя, двое, четверо, сорока", ["2.5", "2", "2", "4", "40"]),
        ("خمسة وعشرون، خمسٌ وعشرين، مئة وخمسة وعشرين", ["25", "25", "125"]),
        ("ثلاثمئة، ثلاثمائة، ثلاث مئة، مئتان", ["300", "300", "300", "200"]),
        ("ثلاثة آلاف وخمسمئة، عشرون ألف، ألفان", ["3500", "20000", "2000"]),
        ("أحد عشر، اثنتا عشرة، خمسة عشر، ثماني عشرة", ["11", "12", "15", "18"]),
        ("خمس سفن وثلاث طائرات، ثلاثة فاصلة خمسة", ["5", "3", "3.5"]),
        ("二十一人，三百枚，两万五千，一百零五", ["21", "300", "25000", "105"]),
        ("三亿五千万，一万五千亿，一千二百三十四", ["350000000", "1500000000000", "1234"]),
        ("三点五海里，百分之三十，百分之三点五", ["3.5 NM", "30 %", "3.5 %"]),
        ("两个半小时，十分钟，五千米", ["2.5 h", "10 min", "5 km"]),
        ("舷号一七三，二〇二六年，十多架", ["173", "2026", "10"]),
    ],
)
def test_what_is_said_in_several_words_is_one_number(text: str, values: list[str]) -> None:
    assert numbers(text) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("twelve nautical miles", "12 NM"),
        ("douze milles marins", "12 NM"),
        ("doce millas náuticas", "12 NM"),
        ("двенадцать морских миль", "12 NM"),
        ("اثنا عشر ميلا بحريا", "12 NM"),
        ("十二海里", "12 NM"),
        ("minus five degrees", "-5 °"),
        ("fifty per cent", "50 %"),
        ("cinquante pour cent", "50 %"),
        ("cincuenta por ciento", "50 %"),
        ("пятьдесят процентов", "50 %"),
        ("three-mile", "3 mi"),
        ("ثلاث ساعات", "3 h"),
        ("three thousand feet", "3000 ft"),
    ],
)
def test_its_unit_stands_behind_it(text: str, value: str) -> None:
    (found,) = find(f"It is {text}.", 2026)
    assert (found.kind, found.value) == (Kind.NUMBER, value)
    assert (found.start, found.end) == (6, 6 + len(text))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("le trois décembre", Kind.DATE, "2026-12-03"),
        ("el tres de mayo", Kind.DATE, "2026-05-03"),
        ("二〇二六年十二月三日", Kind.DATE, "2026-12-03"),
        ("十二月三号", Kind.DATE, "2026-12-03"),
        ("下午三点半", Kind.TIME, "15:30"),
        ("三点十五分", Kind.TIME, "03:15"),
        ("at five p.m", Kind.TIME, "17:00"),
        ("à huit heures trente", Kind.TIME, "08:30"),
        ("a las tres de la tarde", Kind.TIME, "15:00"),
        ("три часа ночи", Kind.TIME, "03:00"),
        ("北纬二十一度四十分", Kind.POSITION, "21°40′00″N"),
        ("fifty-four degrees thirty minutes north", Kind.POSITION, "54°30′00″N"),
    ],
)
def test_a_date_time_or_position_may_be_in_words(text: str, kind: Kind, value: str) -> None:
    (found,) = find(text, 2026)
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        # One, both and other words that are mostly no numbers
        *("one another", "One of us was there once", "both sides", "zero risk", "a pair, a couple"),
        *("un navire", "une fois", "l'un d'eux", "uno de ellos", "una vez", "ambas partes"),
        *("les deux parties", "des deux côtés", "uno de los dos"),
        *("один из нас", "одна сторона", "обе стороны", "оба судна", "дважды"),
        *("واحد منهم", "كلا الجانبين", "طائرتان", "مرة واحدة", "لأحد", "وإحدى", "الواحدة"),
        *("一下", "一些", "万一", "统一", "一定", "一架飞机", "双方", "两国关系", "唯一"),
        # Other words
        *(
            "They seize ships once more",
            "the Sept meeting",
            "DoS attack in the network",
            "Fort Dix is",
        ),
        *("le navire neuf est là", "au dos de la page", "TRES IMPORTANT DANS LE PORT", "pour cent"),
        *("à un mille de la côte", "por ciento", "mil gracias a su comandante"),
        *("с семью своей", "семья", "триумф", "стоять", "тридевять"),
        *(
            "لست هناك",
            "يوم الاثنين",
            "الثلاثاء",
            "الأربعاء",
            "الخميس",
            "في المئة",
            "بالمائة",
            "أن تسع",
        ),
        *(
            "十分重要",
            "四川",
            "三思",
            "五角大楼",
            "十字路口",
            "百姓",
            "千万不要",
            "三军",
            "二战",
            "四周",
        ),
        *("星期三", "周五", "礼拜二", "三月", "十一月", "三点意见", "三亚", "红十字会", "四面八方"),
        # Ordinals, fractions, about so many
        *("third", "twenty-first of May", "two-thirds", "three quarters", "hundreds of men"),
        *("several hundred", "a few thousand", "half a dozen"),
        *("vingt et unième", "troisième", "deux tiers", "des milliers", "centaines"),
        *("dos tercios", "miles de soldados", "tercero"),
        *("двадцать пятого мая", "две трети", "тысячи людей", "сотни", "третий"),
        *("الحادي والعشرون", "الثاني عشر", "ثلاثة أرباع", "مئات", "آلاف الجنود"),
        *("第三", "三分之二", "十几架", "几十人", "数百", "七八架", "九一八"),
        # Places
        *("Trois-Rivières", "Deux-Sèvres"),
    ],
)
def test_what_is_mostly_no_number_is_none(text: str) -> None:
    assert find(text, 2026) == []


def test_a_name_in_quotation_marks_keeps_its_number() -> None:
    (found,) = find("The “Seven Seas” sails.", 2026)
    assert (found.kind, found.value) == (Kind.NAME, "Seven Seas")
    assert find("USS Three Sisters", 2026)[0].value == "Three Sisters"


def test_a_number_in_may_is_no_date() -> None:
    assert numbers("In May two ships sank.") == ["2"]


def test_figures_before_a_word_are_multiplied_as_ever() -> None:
    assert numbers("3 mille hommes, 3 тысячи, 3 آلاف, 3 mil") == ["3000"] * 4


def test_each_stands_where_it_was_written() -> None:
    text = "𝔄: vingt et un navires, трёх, 三架, «Amity», 12 kn, twelve"
    found = find(text, 2026)
    written = ["vingt et un", "трёх", "三", "Amity", "12 kn", "twelve"]
    assert [text[each.start : each.end] for each in found] == written


def test_readouts_are_compared_by_figures_alone() -> None:
    """spec/minute.md Y8."""
    assert elements("Twelve ships, and 13 hours.", 2026).numbers == {"13"}


# --- beside a translation


def marked(original: str, translation: str) -> list[tuple[str, Mark]]:
    rows = compare(find(original, 2026), find(translation, 2026), original, translation)
    return [(row.value, row.mark) for row in rows if row.mark is not Mark.SAME]


SAID = {
    "en": "Three aircraft and twenty-one ships, one of them ours, are twelve miles off; both know.",
    "figures": "3 aircraft and 21 ships, 1 of them ours, are 12 miles away; both know.",
    "fr": "Trois avions et vingt et un navires, dont un à nous, sont à 12 miles ; les 2 savent.",
    "es": "Tres aviones y veintiún buques, uno de ellos nuestro, están a doce millas; ambos saben.",
    "ru": "Три самолёта и двадцать одно судно, одно из них наше, в двенадцати милях; оба знают.",
    "ar": "ثلاث طائرات وإحدى وعشرون سفينة، واحدة منها لنا، على بعد اثني عشر ميلا؛ كلاهما يعلم.",
    "zh": "三架飞机和二十一艘船，其中一艘是我方的，在十二英里外；双方知道。",
}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("original", ["en", "figures", "ru", "zh"])
def test_a_faithful_translation_differs_in_nothing(original: str, language: str) -> None:
    assert marked(SAID[original], SAID[language]) == []


@pytest.mark.parametrize(
    ("original", "translation", "marks"),
    [
        ("three aircraft", "2 самолёта", [("3", Mark.OMITTED), ("2", Mark.ADDED)]),
        ("three aircraft", "两架飞机", [("3", Mark.OMITTED), ("2", Mark.ADDED)]),
        ("двенадцать", "douze", []),
        ("twenty-one", "двадцать", [("21", Mark.OMITTED), ("20", Mark.ADDED)]),
        ("twelve miles", "12 км", [("12 mi", Mark.OMITTED), ("12 km", Mark.ADDED)]),
        ("two aircraft", "طائرتان", []),
        ("2 hours", "ساعتين", []),
        ("2 hours", "يومين", [("2 h", Mark.OMITTED)]),
        ("one aircraft", "1 самолёт", []),
        ("one aircraft", "самолёт", []),
        ("1 aircraft", "un avion", []),
        ("1 aircraft", "avion", [("1", Mark.OMITTED)]),
        ("1 mile", "one kilometre", [("1 mi", Mark.OMITTED)]),
        ("both", "2", []),
        ("the 3rd aircraft", "3-й самолёт", []),
        ("the third aircraft", "第3架飞机", [("3", Mark.ADDED)]),  # for a person to look at
        ("3 aircraft, the third is ours", "самолёты, третий наш", [("3", Mark.OMITTED)]),
        ("les deux avions", "two aircraft", []),
        ("los dos aviones", "three aircraft", [("3", Mark.ADDED)]),
        ("2 sides", "双方", []),
        ("at one p.m.", "в 13:00", []),
        ("in May two ships", "В мае 3 судна", [("2", Mark.OMITTED), ("3", Mark.ADDED)]),
    ],
)
def test_a_number_in_words_is_compared_with_its_figures(
    original: str, translation: str, marks: list[tuple[str, Mark]]
) -> None:
    assert marked(original, translation) == marks


def test_weak_words_say_something_only_where_something_is_missing() -> None:
    found = hinted("une heure, both, 一海里, three, ساعتين")
    assert [each.value for each in found] == ["1 h", "2", "1 NM", "2 h"]


@pytest.mark.parametrize("name", PREPARED)
def test_a_prepared_text_says_the_same_numbers_in_every_language(name: str) -> None:
    said = {tuple(numbers(PREPARED[name].in_language(tag).fill({})[1])) for tag in LANGUAGES}
    assert said == {()}


@pytest.mark.parametrize("language", TEXTS)
def test_a_harmless_text_names_no_number(language: str) -> None:
    assert [text for text in TEXTS[language] if numbers(text)] == []


@pytest.mark.parametrize(
    "part",
    [
        *("three ", "once ", "two hundred and ", "quatre-vingt-", "mil mil ", "one point "),
        *("ثلاثة وعشرون ", "طائرتان ", "一百二十三架", "百分之三点五", "十", "A two B "),
    ],
)
def test_no_run_of_words_takes_a_breath(part: str) -> None:
    text = (part * 33_000)[:65_536]
    began = process_time()
    find(text, 2026)
    hinted(text)
    assert process_time() - began < 4


@pytest.mark.parametrize("mark", ["\u0640", "\u0640\u0640", "\u064e", "\u0640\u0652"])
def test_marks_of_arabic_that_stand_alone_are_no_word(mark: str) -> None:
    assert find(mark, 2026) == []
    for text in (f"خمسة {mark}", f"{mark} خمسة {mark}", f"five {mark}.", f"خمسة 二 {mark}"):
        assert "5" in [each.value for each in find(text, 2026)], text
    assert hinted(f"one {mark} two") == hinted("one - two")
