"""The words for numbers in five languages, as they are written; Chinese numerals are in `hanzi`.

`adds` are numbers that stand by themselves and add up; `times` multiply what stands before them,
and those of `alone` are a number where nothing does: mille, сто тысяч, ألف. `weak` are words that
are no number more often than one (one another, une, both, the Arabic dual): nobody is shown them.
"""

from __future__ import annotations

from dataclasses import dataclass

TENS = range(20, 100, 10)
HUNDREDS = range(100, 1_000, 100)


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one language says numbers."""

    adds: dict[str, int]
    times: dict[str, int]
    alone: frozenset[str]
    joins: frozenset[str]  # words between the parts of a number
    point: frozenset[str]
    half: tuple[str, ...]  # what makes two and a half of two
    weak: dict[str, str]
    common: frozenset[str] = frozenset()  # small words by which a sentence is seen to be of it
    only: frozenset[str] = frozenset()  # other words in another language: looked at its sentence
    behind: frozenset[str] = frozenset()  # a number is none behind these
    before: frozenset[str] = frozenset()  # nor before these
    both: frozenset[str] = frozenset()  # two is both behind these, and weak
    counting: frozenset[str] = frozenset()  # a number only before a plural: neuf navires
    ordinal: str = r"(?!)"  # what makes an ordinal of a number in front of it
    ordinal_before: str = r"(?!)"  # and of one behind it


def folded(word: str) -> str:
    """A word as the tables have it: no capital letters, no points of Arabic, one alef."""
    word = word.casefold()
    return word if word.isascii() else word.translate(_FOLDS)


_FOLDS = str.maketrans("ёأإآٱ", "еاااا", "".join(map(chr, range(0x64B, 0x653))) + "ـ")


def _count(words: str, numbers: range) -> dict[str, int]:
    """Words in the order of their numbers, the ways of writing one of them between strokes."""
    each = words.split()
    if len(each) != len(numbers):
        raise AssertionError(words)
    return {
        folded(way.replace("_", " ")): number
        for ways, number in zip(each, numbers, strict=True)
        for way in ways.split("/")
    }


def _table(words: dict[str, int]) -> dict[str, int]:
    return {folded(way): number for ways, number in words.items() for way in ways.split()}


def _set(words: str) -> frozenset[str]:
    return frozenset(map(folded, words.split()))


def _weak(words: dict[str, str]) -> dict[str, str]:
    return {folded(way): value for ways, value in words.items() for way in ways.split()}


ENGLISH = Tongue(
    adds=_count(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen",
        range(20),
    )
    | _count("twenty thirty forty/fourty fifty sixty seventy eighty ninety", TENS),
    times=_table(
        {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9}
    ),
    alone=frozenset(),
    joins=_set("and"),
    point=_set("point"),
    half=("and a half",),
    weak=_weak({"zero": "0", "one once": "1", "both twice couple pair": "2"}),
    common=_set(
        "the of to is are was were be at with our your their that this has have had from for on by"
        " not we they it its and will"
    ),
    only=_set("ten"),
    before=_set("thirds quarters fifths sixths eighths tenths hundredths"),
    ordinal="(?:fir|thi|four|fif|six|seven|eigh|nin)(?:st|th|rd)|second",
)
FRENCH = Tongue(
    adds=_count(
        "zéro/zero un/une deux trois quatre cinq six sept huit neuf dix onze douze treize"
        " quatorze quinze seize",
        range(17),
    )
    | _count("vingt/vingts trente quarante cinquante soixante septante huitante nonante", TENS),
    times=_table(
        {
            "cent cents": 100,
            "mille millier milliers": 1_000,
            "million millions": 10**6,
            "milliard milliards": 10**9,
            "douzaine douzaines": 12,
        }
    ),
    alone=_set("cent mille"),
    joins=_set("et"),
    point=_set("virgule"),
    half=("et demi", "et demie"),
    weak=_weak({"zéro zero": "0", "un une": "1"}),
    common=_set(
        "le la les des du de et est sont à au aux dans nous notre nos votre vos sur une un que qui"
        " pour en ont avec par ce ces cette il ils se pas"
    ),
    only=_set("seize sept dix cent cents mille"),
    behind=_set("pour per un"),
    before=_set("tiers quarts cinquièmes dixièmes marin marins excuses mercis regrets"),
    both=_set("les des tous"),
    counting=_set("neuf"),
    ordinal=r"\w+ième",
)
SPANISH = Tongue(
    adds=_count(
        "cero un/uno/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce"
        " quince dieciséis/dieciseis diecisiete dieciocho diecinueve veinte"
        " veintiún/veintiun/veintiuno/veintiuna veintidós/veintidos veintitrés/veintitres"
        " veinticuatro veinticinco veintiséis/veintiseis veintisiete veintiocho veintinueve",
        range(30),
    )
    | _count("treinta cuarenta cincuenta sesenta setenta ochenta noventa", range(30, 100, 10))
    | _count(
        "cien/ciento doscientos/doscientas trescientos/trescientas cuatrocientos/cuatrocientas"
        " quinientos/quinientas seiscientos/seiscientas setecientos/setecientas"
        " ochocientos/ochocientas novecientos/novecientas",
        HUNDREDS,
    ),
    times=_table({"mil": 1_000, "millón millon millones": 10**6, "docena docenas": 12}),
    alone=_set("mil"),
    joins=_set("y"),
    point=_set("coma"),
    half=("y medio", "y media"),
    weak=_weak({"cero": "0", "un uno una": "1", "ambos ambas": "2"}),
    common=_set(
        "el la los las de del que en y su sus nuestro nuestra nuestros por con para se un una al es"
        " fue ha han están lo hay"
    ),
    only=_set("once dos mil tres"),
    both=_set("los las"),
    behind=_set("por at"),
    before=_set("tercios cuartos quintos décimos gracias"),
)
RUSSIAN = Tongue(
    adds=_count(
        "ноль/нуль/ноля/нуля один/одна/одно/одного/одной/одному/одним/одном/одну"
        " два/две/двух/двум/двумя/двое/двоих/двоим/двоими"
        " три/трех/трем/тремя/трое/троих/троим/троими"
        " четыре/четырех/четырем/четырьмя/четверо/четверых/четверым/четверыми"
        " пять/пяти/пятью/пятеро/пятерых шесть/шести/шестью/шестеро/шестерых"
        " семь/семи/семеро/семерых восемь/восьми/восемью/восьмью девять/девяти/девятью"
        " десять/десяти/десятью одиннадцать/одиннадцати/одиннадцатью"
        " двенадцать/двенадцати/двенадцатью тринадцать/тринадцати/тринадцатью"
        " четырнадцать/четырнадцати/четырнадцатью пятнадцать/пятнадцати/пятнадцатью"
        " шестнадцать/шестнадцати/шестнадцатью семнадцать/семнадцати/семнадцатью"
        " восемнадцать/восемнадцати/восемнадцатью девятнадцать/девятнадцати/девятнадцатью",
        range(20),
    )
    | _count(
        "двадцать/двадцати/двадцатью тридцать/тридцати/тридцатью сорок/сорока"
        " пятьдесят/пятидесяти/пятьюдесятью шестьдесят/шестидесяти/шестьюдесятью"
        " семьдесят/семидесяти/семьюдесятью восемьдесят/восьмидесяти/восемьюдесятью"
        " девяносто/девяноста",
        TENS,
    )
    | _count(
        "сто/ста двести/двухсот/двумстам/двумястами/двухстах триста/трехсот/тремстам/тремястами"
        " четыреста/четырехсот/четыремстам/четырьмястами пятьсот/пятисот/пятистам/пятьюстами"
        " шестьсот/шестисот/шестистам семьсот/семисот/семистам восемьсот/восьмисот/восьмистам"
        " девятьсот/девятисот/девятистам",
        HUNDREDS,
    ),
    times=_table(
        {
            "десятка десятков": 10,
            "сотни сотен": 100,
            "тысяча тысячи тысяч тысячу тысячей тысячью тысяче тысячам тысячами тысячах": 1_000,
            "миллион миллиона миллионов миллиону миллионом миллионе миллионам миллионами": 10**6,
            "миллиард миллиарда миллиардов миллиарду миллиардом миллиарде": 10**9,
            "дюжина дюжины дюжин дюжину": 12,
        }
    ),
    alone=_set("тысяча тысячу миллион миллиард"),
    joins=frozenset(),
    point=frozenset(),
    half=("с половиной",),
    weak=_weak(
        {
            "ноль нуль ноля нуля": "0",
            "один одна одно одного одной одному одним одном одну": "1",
            "оба обе обоих обеих обоим обеим обоими обеими дважды пара пары пару": "2",
            "трижды": "3",
        }
    ),
    before=_set("трети четверти пятых десятых сотых извинений"),
    ordinal="(?:перв|втор|трет|четверт|пят|шест|седьм|восьм|девят)(?:[ыои]й|[аь]я|[оеь]е|[оеь]го"
    "|[оеь]му|[ыи]м|[оь]м|ую|[ьы]х|[ыь]ми|ью|ьей)",
)
_SINGLE_AR = (
    "واحد/واحدة/إحدى/أحد اثنان/اثنين/اثنتان/اثنتين ثلاثة/ثلاث أربعة/أربع خمسة/خمس ستة/ست سبعة/سبع"
    " ثمانية/ثماني/ثمان تسعة/تسع عشرة/عشر"
)
ARABIC = Tongue(
    adds=_count(_SINGLE_AR, range(1, 11))
    | _count(
        "أحد_عشر/إحدى_عشرة اثنا_عشر/اثني_عشر/اثنتا_عشرة/اثنتي_عشرة/إثنا_عشر/إثني_عشر", range(11, 13)
    )
    | _count(
        "عشرون/عشرين ثلاثون/ثلاثين أربعون/أربعين خمسون/خمسين ستون/ستين سبعون/سبعين"
        " ثمانون/ثمانين تسعون/تسعين",
        TENS,
    )
    | _count(
        "مئة/مائة مئتان/مئتين/مائتان/مائتين/مئتا/مئتي/مائتا/مائتي ثلاثمئة/ثلاثمائة"
        " أربعمئة/أربعمائة خمسمئة/خمسمائة ستمئة/ستمائة سبعمئة/سبعمائة ثمانمئة/ثمانمائة/ثمانيمئة"
        " تسعمئة/تسعمائة",
        HUNDREDS,
    )
    | _table({"ألفان ألفين ألفي": 2_000, "مليونان مليونين مليوني": 2 * 10**6}),
    times=_table(
        {
            "ألف آلاف ألفا ألفًا": 1_000,
            "مليون ملايين مليونا": 10**6,
            "مليار مليارات مليارا": 10**9,
        }
    )
    | _count("مئة/مائة", range(100, 101)),
    alone=_set("ألف مليون مليار مئة مائة"),
    joins=frozenset(),
    point=_set("فاصلة"),
    half=("ونصف",),
    weak=_weak(
        {
            "صفر": "0",
            "واحد واحدة إحدى أحد": "1",
            "كلا كلتا مرتين مرتان": "2",
            "ميلين ميلان": "2 ميل",
            "كيلومترين كيلومتران": "2 كم",
            "مترين متران": "2 متر",
            "ساعتين ساعتان": "2 ساعة",
            "دقيقتين دقيقتان": "2 دقيقة",
            "يومين يومان": "2 يوم",
            "طنين طنان": "2 طن",
            "عقدتين عقدتان": "2 عقدة",
            "درجتين درجتان": "2 درجة",
            "شخصين شخصان رجلين رجلان زورقين زورقان قاربين قاربان صاروخين صاروخان بلدين": "2",
            "جنديين جنديان مركبين مركبان قتيلين قتيلان جريحين جريحان طرفين طرفان": "2",
            "جانبين جانبان يختين لغمين لغمان طيارين قائدين مدنيين": "2",
        }
    ),
    behind=_set("أن"),
    before=_set("أرباع أخماس أثلاث أسداس أعشار شكر"),
    ordinal_before="(?:و|ب|ل|ف)?ال(?:حادي|ثاني|ثالث|رابع|خامس|سادس|سابع|ثامن|تاسع)[ةه]?",
)
TONGUES = (ENGLISH, FRENCH, SPANISH, RUSSIAN, ARABIC)
