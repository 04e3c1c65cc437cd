"""Words by which a text says of itself that it is ACTUAL, EXERCISE, TEST or SERVICE.

Patterns over a text folded to lower case, where white space is one space or one line feed. A mark
word alone says nothing: people write about exercises, tests and actual positions on every line. It
counts said three times over; or after "this is", "this message is" and their like, where the clause
ends with it: "this is an exercise area" says where, "this is an exercise of our fleet" whose. What
kind of exercise it is may stand with it: "this is an annual air-defence drill". Of a test it may
not: "this is a missile test" tells of missiles.
What is asked, or stands behind "if" and "whether", says nothing either.
"""

from __future__ import annotations

import re

from parley.core.entry import Status

# A clause ends at a sign that is no question mark, at the end of a line, or before such a word.
_END = r"(?=\s*(?:\Z|\n|[^\w\s?؟])|\s+(?:only|repeat|over|out|and|but|now)\b)"
_DRILL = r"drills?|exercises?|simulations?|man(?:oeuvre|euver|œuvre)s?"

# What may say of which kind an exercise is: a word that is none of these. They begin what is said
# of another thing ("a report on the exercise"), or say that it is none, or none now.
_OTHERS_EN = (
    r"(?:an?|the|our|your|their|this|that|its|no|not|non|of|on|in|at|to|by|for|from|with|about|and"
    r"|or|as|is|are|was|were|we|you|they|who|which|what|after|before|during|against|without|under"
    r"|(?:so[\s-]called|alleged|supposed|purported|possible|probable|apparent|suspected|past|former"
    r"|future|planned|cancell?ed|other))(?![\w-])"
)
_KIND_EN = rf"(?:(?!{_OTHERS_EN})[\w-]{{1,30}},?\s+){{0,2}}(?!{_OTHERS_EN})[\w-]{{1,30}}\s+"

# --- it is real: of no exercise, no test and no service message

_DENIALS = (
    rf"\bnot\s+(?:a|an|any|another)\s+(?:\w+\s+)?(?:{_DRILL}|test)\b",
    rf"\b(?:not|isn['’]?t)\s+an?\s+{_KIND_EN}(?:{_DRILL})\b",
    rf"\bnot\s+(?:{_DRILL}|simulated)\b",
    r"\bno\s+(?:drill|exercise|simulation|duff)\b",
    rf"\bisn['’]?t\s+(?:a|an)\s+(?:\w+\s+)?(?:{_DRILL}|test)\b",
    r"\b(?:this|it)\s+is\s+(?:for\s+)?real\b",
    r"\b(?:for\s+real|the\s+real\s+thing|real[\s-]world)\b",
    r"\breal\s+(?:attack|alert|alarm|emergency|event|fire|incident|launch|missile|world)\b",
    r"(?<!\bthe\s)(?<!\bno\s)(?<!\b(?:not|has|for)\san\s)(?<!\bin\san\s)(?<!\bbeen\san\s)"
    r"\bactual\s+(?:attack|alert|alarm|emergency|threat|hostilities|combat|war)\b",
    r"\b(?:this|what\s+follows|the\s+following)(?:\s+(?:message|text))?\s+is\s+(?:now\s+)?"
    rf"(?:an?\s+)?actual(?:\s+message)?{_END}",
    r"\b(?:this\s+(?:message|text)|what\s+follows|the\s+following(?:\s+message)?|all\s+(?:of\s+)?"
    r"this|everything)\s+is\s+(?:now\s+)?(?:for\s+)?real\b",
    r"\bне\s+(?:учени[ейя]|учебн\w+|тренировк\w+|проверк\w+|имитаци\w+|симуляци\w+|ман[её]вр\w*)",
    r"\b(?:это|всё|все)\s+(?:по[\s-]настоящему|реальн\w+|взаправду)",
    r"\b(?:реальн|настоящ|боев)(?:ая|ый|ое)\s+(?:тревога|пуск|атака|нападение|случай|событие)\b",
    r"\b(?:это|данное)\s+сообщение[\s–—-]+(?:является\s+)?(?:реальн|настоящ|боев)\w+" + _END,
    r"\b(?:дальнейшее|далее|всё|все)[\s–—-]+(?:уже\s+)?(?:по[\s-]настоящему|реальн\w+|всерь[её]з)",
    r"\bn['’]est\s+pas\s+(?:une?\s+)?(?:exercice|test|essai|simulation|simulacre"
    r"|entra[iî]nement|man(?:œ|oe)uvre)\b",
    r"\b(?:ceci|cela|c['’])\s*est\s+(?:bien\s+)?(?:réel|vrai)\b",
    r"\bce\s+(?:message|qui\s+suit)\s+est\s+(?:bien\s+)?r[ée]el\b",
    r"\b(?:cas|alerte|attaque|incident|situation)\s+réell?e?\b",
    r"\b(?:keine?|kein)\s+(?:übung|test|simulation)\b",
    r"\b(?:dies|das)\s+ist\s+(?:der\s+)?ernst(?:fall)?\b",
    r"\bno\s+es\s+(?:una?\s+)?(?:ejercicio|simulacro|simulaci[oó]n|prueba|entrenamiento"
    r"|maniobra)\b",
    r"\besto\s+es\s+(?:real|de\s+verdad)\b",
    r"\b(?:este\s+mensaje|lo\s+que\s+sigue)\s+es\s+(?:real|de\s+verdad)\b",
    r"\b(?:caso|alerta|ataque|incidente|situación)\s+real\b",
    r"(?:不是|并非|並非|非)(?:演习|演習|演练|演練|測試|测试)",
    r"(?:不是|并非|並非|绝非|絕非)(?:一[次场場个個])?(?:演[习習练練]|模[拟擬]|[训訓][练練]|[测測][试試])",
    r"(?:这是|這是|此为|此為|[电電]文[是为為]|消息[是为為]|以下[是为為])"
    r"(?:真的|真实|真實|实战|實戰|实情|實情)",
    r"(?:真实|真實)(?:情况|情況|警报|警報|事件|袭击|襲擊|攻击|攻擊)",
    r"(?:演習|訓練)では(?:ない|ありません)",
    r"(?:훈련|연습)이\s*아니",
    r"(?:ليس|ليست|لا\s+هذا)\s+(?:هذا\s+|هذه\s+)?(?:تمرين|تدريب|مناورة|اختبار|محاكاة)",
    r"(?:هذا|هذه|الأمر|الرسالة|ما\s+يلي)\s+(?:أمر\s+)?(?:حقيقي|حقيقية|فعلي|فعلية)\b",
    r"(?:حالة|إنذار|هجوم|حادث)\s+(?:حقيقي|حقيقية|فعلي|فعلية)\b",
)

# --- it is only an exercise, a test, a service message

_EXERCISES = (
    r"\bthis\s+is\s+only\s+(?:a|an)\s+(?:drill|exercise)\b",
    r"\bfor\s+(?:exercise|drill)(?:\s+purposes)?\s+only\b",
    r"\bэто\s+(?:только|лишь|всего\s+лишь)\s+(?:учени[ея]|учебная|тренировка)",
    r"\bce\s*(?:ci\s+)?n['’]est\s+qu['’]une?\s+"
    r"(?:exercice|simulation|entra[iî]nement|man(?:œ|oe)uvre)\b",
    r"\besto\s+es\s+s[oó]lo\s+una?\s+(?:ejercicio|simulacro|simulaci[oó]n|entrenamiento)\b",
    r"(?:这|這)只是(?:一次)?(?:演习|演習|演练|演練)",
    r"(?:هذا|هذه)\s+مجرد\s+(?:تمرين|تدريب|مناورة|محاكاة)",
)
_TESTS = (r"\bthis\s+is\s+only\s+a\s+test\b", r"\bfor\s+test(?:\s+purposes)?\s+only\b")

# By language: what stands before, and the words of each mark. What stands before "this" so that
# nothing is said by it is a lookbehind, of one width each.
_EN = (
    r"(?<!\bif\s)(?<!\bwhether\s)\b(?:(?:this|the\s+following)(?:\s+(?:message|text|alarm|alert"
    r"|signal))?|what\s+follows)\s+is\s+(?:only\s+|just\s+|merely\s+)?(?:an?\s+)?",
    rf"(?:{_DRILL}|simulated)(?:\s+(?:message|traffic))?",
    r"(?:test(?:\s+(?:message|traffic|of\s+(?:the|this|our)\s+(?:line|link)))?|radio\s+check)",
    r"service\s+(?:message|traffic)",
)
_RU = (
    r"(?<!\bесли\s)(?<!\bли\s)\b(?:это(?:\s+(?:сообщение|донесение))?|данное\s+сообщение)"
    r"[\s–—-]+(?:является\s+)?(?:только\s+|лишь\s+)?",
    r"(?:учени(?:е|я|ем|ями)|учебн(?:ая|ое|ый|ой|ым)(?:\s+(?:тревог\w+|сообщени\w+|пуск\w*))?"
    r"|тренировк\w+|ман[её]вр\w*|имитаци\w+|симуляци\w+)",
    r"(?:тест\w*|проверк\w+(?:\s+(?:связи|линии))?)",
    r"служебн(?:ое|ым)(?:\s+сообщени\w+)?",
)
_FR = (
    r"(?<!\bsi\s)\b(?:(?:ceci|cela|ce\s+(?:message|texte)|ce\s+qui\s+suit)\s+est\s+|c['’]\s*est\s+)"
    r"(?:seulement\s+|juste\s+)?(?:une?\s+)?",
    r"(?:exercice|simulation|simulacre|entra[iî]nement|man(?:œ|oe)uvre|message\s+d['’]exercice)",
    r"(?:test|essai|message\s+(?:de\s+test|d['’]essai))",
    r"message\s+de\s+service",
)
_ES = (
    r"(?<!\bsi\s)\b(?:esto|este\s+(?:mensaje|texto)|lo\s+que\s+sigue)\s+es\s+"
    r"(?:s[oó]lo\s+|solamente\s+)?(?:una?\s+)?",
    r"(?:ejercicio|simulacro|simulaci[oó]n|entrenamiento|maniobras?|mensaje\s+de\s+ejercicio)",
    r"(?:prueba|mensaje\s+de\s+prueba)",
    r"mensaje\s+de\s+servicio",
)
_ZH = (
    r"(?<!如果)(?<!若)(?<!是否)(?:[这這此][是为為]|以下[是为為]|[这這此本][则則条條份个個]?"
    r"(?:[电電]文|消息|信息|[电電][报報]?)[是为為系係])(?:一[次场場个個]|[仅僅][为為])?",
    r"(?:演[习習练練]|模[拟擬](?:演[习習练練])?|[训訓][练練])(?:[电電]文|消息)?",
    r"[测測][试試](?:[电電]文|消息)?",
    r"勤[务務](?:[电電]文|消息|通知)?",
)
_AR = (
    r"(?<!\bليس\s)(?<!\bليست\s)(?<!\bكان\s)(?<!\bكانت\s)\b(?:هذا|هذه(?:\s+الرسالة)?|ما\s+يلي)\s+"
    r"(?:هو\s+|هي\s+)?(?:مجرد\s+)?",
    r"(?:تمرين|تدريب|مناور(?:ة|ات)|محاكاة)ا?[\u064b-\u0652]*",
    r"(?:اختبار|فحص)ا?[\u064b-\u0652]*",
    r"رسالة\s+خدمة",
)
_DE = (
    r"\b(?:dies|das)\s+ist\s+(?:nur\s+)?(?:eine?\s+)?",
    r"(?:übung|simulation)",
    r"test",
    r"dienstmeldung",
)
_JA = (
    r"これは",
    r"(?:演習|訓練)(?:です|だ)?",
    r"(?:試験|テスト)(?:です|だ)?",
    r"業務連絡(?:です)?",
)
_LANGUAGES = (_EN, _RU, _FR, _ES, _ZH, _AR, _DE, _JA)
# An exercise of some kind, by language as above; simulations of weather or drift are none. Where
# the kind stands behind the word, "of" belongs to it only before a noun without an article:
# "exercice de tir" and not "exercice de la flotte".
_OTHERS_FR = (
    r"(?:d[eu]s?|à|aux?|en|sur|dans|pour|par|avec|que?|qui|dont|et|ou|les?|la|une?|ces?|cette|notre"
    r"|votre|vos|nos|leurs?|est|était|sera|avant|après|pas|contre|prétendu|présumé|possible|probable"
    r"|passé|terminé|fini|annulé|autre)\b|\w['’]"
)
_OTHERS_ES = (
    r"(?:del?|al?|en|sobre|para|por|con|que|y|o|el|las?|los|una?|este|esta|nuestr\w+|vuestr\w+|sus?"
    r"|es|era|será|antes|después|no|contra|supuest\w+|presunt\w+|posible|probable|pasad\w+"
    r"|terminad\w+|cancelad\w+|otr\w+)\b"
)
_OTHERS_ZH = (
    "的我你您贵貴他她其某关關对對在和與与及不非否没沒有无無期前后後因为為说說报報参參加"
    "所谓謂疑取消开開始停止结結束完中内內外"
)
_KIND_FR = rf"(?:\s+(?:de\s+|d['’])?(?!{_OTHERS_FR})[\w-]{{1,30}}){{1,4}}"
_KIND_ES = rf"(?:\s+(?:de\s+)?(?!{_OTHERS_ES})[\w-]{{1,30}}){{1,4}}"
_KIND_AR = r"(?:\s+(?:دفاع|ليلي|(?!الذي|التي|ماضي|سابق)\w{2,}(?:ي|ية|يا|يًا))){1,4}"
_BIG_FR, _BIG_ES = r"(?:grande?|vaste|simple|nouvel|nouvelle|petite?)\s+", r"(?:gran|simple)\s+"
_KINDS = (
    rf"{_EN[0].removesuffix('?')}{_KIND_EN}(?!simul)(?:{_DRILL}){_END}",
    rf"{_RU[0]}(?:(?!возможн|предполаг|прошл|прежн|друг|мним|как|так)[\w-]{{1,30}}(?:[ыио]е|ее|ая|яя"
    rf"|[ыио]й|[ыи]ми?|[ое]м|ей)\s+){{1,3}}(?!имитац|симул){_RU[1]}(?:\s+пво)?{_END}",
    rf"{_FR[0]}(?:{_BIG_FR})?(?!simulation){_FR[1]}(?:{_KIND_FR})?{_END}",
    rf"{_ES[0]}(?:{_BIG_ES})?(?!simulaci){_ES[1]}(?:{_KIND_ES})?{_END}",
    rf"{_ZH[0]}(?:(?![{_OTHERS_ZH}])[\u4e00-\u9fff]){{1,12}}?(?!模){_ZH[1]}{_END}",
    rf"{_AR[0]}(?!محاكاة){_AR[1]}{_KIND_AR}{_END}",
)
# By language as above: one of these stands in whatever says such a mark. A long text is looked
# through for them first, which takes no time.
_NEEDED = (
    ("drill exercise simulat maneuver manoeuvre manœuvre", "test check", "service"),
    ("учен учеб тренир маневр манёвр имитац симуляц", "тест провер", "служ"),
    ("exercice simula entra manœuvre manoeuvre", "test essai", "service"),
    ("ejercicio simula entrenamiento maniobra", "prueba", "servicio"),
    ("演 模 训 訓", "测试 测試 測试 測試", "勤"),
    ("تمرين تدريب مناور محاكاة", "اختبار فحص", "خدمة"),
    ("übung simulation", "test", "dienst"),
    ("演 訓", "試 テスト", "業務"),
)

# --- said three times over; the second of a pair are those of scripts that part no words

_THRICE = {
    Status.ACTUAL: (
        r"actual|real|réel|réelle|ernstfall|реально|боев(?:ая|ое)|حقيقي|فعلي",
        r"实战|實戰|真实|真實|実戦",
    ),
    Status.EXERCISE: (
        rf"{_DRILL}|учени[ея]|тренировка|ман[её]вры|имитация|симуляция|exercice|entra[iî]nement"
        r"|ejercicio|simulacro|simulaci[oó]n|entrenamiento|maniobras?|übung|تمرين|تدريب|مناورة"
        r"|محاكاة",
        r"演习|演習|演练|演練|模拟|模擬|训练|訓練",
    ),
    Status.TEST: (
        r"tests?|radio\s+check|essai|prueba|тест|проверка(?:\s+связи)?|اختبار|فحص",
        r"测试|測試|試験|テスト",
    ),
    Status.SERVICE: (
        r"service(?:\s+message)?|servicio|служебное(?:\s+сообщение)?|خدمة",
        r"勤务|勤務",
    ),
}


def _says(status: Status) -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    """What says that a text is of this mark, each with what is needed for it."""
    alone = {Status.ACTUAL: _DENIALS, Status.EXERCISE: _EXERCISES, Status.TEST: _TESTS}
    words, signs = _THRICE[status]
    each = [
        ("", "|".join(alone.get(status, ()))),
        ("", rf"\b({words})\b(?:[\W_]{{0,5}}\b\1\b){{2}}"),
        (signs.replace("|", " "), rf"({signs})(?:[\W_]{{0,5}}\1){{2}}"),
    ]
    if status is not Status.ACTUAL:
        for (this, *marks), needed in zip(_LANGUAGES, _NEEDED, strict=True):
            each.append((needed[status - 1], f"{this}{marks[status - 1]}{_END}"))
    if status is Status.EXERCISE:
        each += [(needed[0], kind) for needed, kind in zip(_NEEDED, _KINDS, strict=False)]
    return tuple(
        (tuple(needed.split()), re.compile(pattern)) for needed, pattern in each if pattern
    )


SAYS = {status: _says(status) for status in Status}
