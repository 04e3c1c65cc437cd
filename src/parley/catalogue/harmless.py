"""Short texts for human tests, in six languages: weather, landscape, tools, and nothing else.

They are our own, quote nobody, and name no number, date or place, no animal or colour that stands
for a country, nothing that burns, breaks or is far from home: a text that can be misread at four in
the morning will be. Taken in turn, so that nobody learns to look past them (spec/testing.md T5).
"""

from __future__ import annotations

from collections.abc import Sequence

TEXTS: dict[str, tuple[str, ...]] = {
    "en": (
        "A light rain falls on the garden, and the gravel path shines.",
        "The morning mist lifts slowly from the meadow.",
        "The carpenter oils the plane and hangs it back on its hook.",
        "Behind the mill the stream runs clear over round stones.",
        "The wind turns the pages of an open notebook.",
        "Long shadows lie across the mown field.",
        "The gardener sharpens the shears and wipes them dry.",
        "Small clouds drift over the hills without haste.",
        "Dew hangs on the spider's web beside the gate.",
        "A wooden ladder leans against the apple tree.",
        "The potter's wheel stands still, and the clay dries.",
        "In the evening the air smells of hay.",
    ),
    "fr": (
        "Une pluie fine tombe sur le jardin, et l'allée de gravier brille.",
        "La brume du matin se lève doucement sur le pré.",
        "Le menuisier huile son rabot et le remet à son crochet.",
        "Derrière le moulin, le ruisseau coule clair sur des pierres rondes.",
        "Le vent tourne les pages d'un cahier ouvert.",
        "De longues ombres s'étendent sur le champ fauché.",
        "La jardinière aiguise le sécateur et l'essuie.",
        "De petits nuages passent sans hâte au-dessus des collines.",
        "La rosée perle sur la toile d'araignée près du portail.",
        "Une échelle de bois est appuyée contre le pommier.",
        "Le tour du potier est immobile, et l'argile sèche.",
        "Le soir, l'air sent le foin.",
    ),
    "es": (
        "Una lluvia fina cae sobre el jardín y el sendero de grava brilla.",
        "La niebla de la mañana se levanta despacio del prado.",
        "El carpintero aceita el cepillo y lo cuelga de su gancho.",
        "Detrás del molino el arroyo corre claro sobre piedras redondas.",
        "El viento pasa las hojas de un cuaderno abierto.",
        "Sombras largas descansan sobre el campo segado.",
        "La jardinera afila las tijeras y las seca.",
        "Nubes pequeñas pasan sin prisa sobre las colinas.",
        "El rocío cuelga de la telaraña junto a la verja.",
        "Una escalera de madera se apoya en el manzano.",
        "El torno del alfarero está quieto, y el barro se seca.",
        "Al atardecer el aire huele a heno.",
    ),
    "ru": (
        "На сад падает лёгкий дождь, и гравийная дорожка блестит.",
        "Утренний туман медленно поднимается с луга.",
        "Столяр смазывает рубанок и вешает его на крючок.",
        "За мельницей чистый ручей бежит по круглым камням.",
        "Ветер перелистывает открытую тетрадь.",
        "Длинные тени лежат на скошенном поле.",
        "Садовник точит ножницы и вытирает их насухо.",
        "Маленькие облака неспешно плывут над холмами.",
        "Роса висит на паутине у калитки.",
        "Деревянная лестница прислонена к яблоне.",
        "Гончарный круг стоит, и глина сохнет.",
        "Вечером воздух пахнет сеном.",
    ),
    "zh": (
        "细雨落在花园里，石子小路闪着光。",
        "晨雾慢慢从草地上升起。",
        "木匠给刨子上了油，把它挂回钩子上。",
        "磨坊后面，清澈的小溪流过圆圆的石头。",
        "风翻动着打开的笔记本。",
        "长长的影子躺在割过的田野上。",
        "园丁磨好剪刀，把它擦干。",
        "小朵的云不慌不忙地飘过山丘。",
        "露珠挂在门边的蛛网上。",
        "木梯靠在苹果树旁。",
        "陶轮静静地停着，陶土正在变干。",
        "傍晚的空气里有干草的气味。",
    ),
    "ar": (
        "يهطل مطر خفيف على الحديقة ويلمع ممر الحصى.",
        "يرتفع ضباب الصباح ببطء عن المرج.",
        "يزيّت النجار المسحج ويعلّقه على خطافه.",
        "خلف الطاحونة يجري الجدول صافياً فوق الحجارة المستديرة.",
        "تقلّب الريح صفحات دفتر مفتوح.",
        "تمتد الظلال الطويلة على الحقل المحصود.",
        "يشحذ البستاني المقص ويجففه.",
        "تمر غيوم صغيرة فوق التلال بلا عجلة.",
        "يتدلى الندى من بيت العنكبوت قرب البوابة.",
        "يستند سلم خشبي إلى شجرة التفاح.",
        "تقف عجلة الخزّاف ساكنة ويجف الطين.",
        "في المساء تفوح من الهواء رائحة التبن.",
    ),
}


def harmless(languages: Sequence[str], number: int) -> tuple[str, str]:
    """The language and text of that number: in the first language that there are texts in, else
    English."""
    known = [tag for tag in (each.split("-")[0].lower() for each in languages) if tag in TEXTS]
    language = known[0] if known else "en"
    texts = TEXTS[language]
    return language, texts[number % len(texts)]
