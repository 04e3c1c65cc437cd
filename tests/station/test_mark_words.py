"""One table: what a text says of its own mark, tried under each of the four."""

from __future__ import annotations

import time
from functools import partial

import pytest

from parley.catalogue.prepared import LANGUAGES, PREPARED
from parley.core.entry import TEXT_BYTES_MAX, Status
from parley.core.errors import Refused
from parley.station.line.wording import PIECE, SEAM, check_mark, contradiction, said_in

ACTUAL, EXERCISE, TEST, SERVICE = Status

SAYS = {
    ACTUAL: (
        "ACTUAL ACTUAL ACTUAL",
        "Actual. Actual. Actual.",
        "REAL REAL REAL",
        "This message is ACTUAL.",
        "This is actual: two rockets left.",
        "This is an actual message",
        "This is an actual emergency.",
        "Actual attack under way.",
        "Exercise ended; what follows is real.",
        "End of exercise.\nThe following message is actual.",
        "All of this is real.",
        "This is not a simulation.",
        "This is not an annual air-defence drill.",
        "This isn't a simulation",
        "not a manoeuvre",
        "NOT A DRILL",
        "Ceci n'est pas une simulation.",
        "Ce n'est pas un entraînement",
        "CE N’EST PAS UN ENTRAINEMENT",
        "Ce n'est pas une manœuvre.",
        "Ce n'est pas un essai.",
        "Ce message est réel.",
        "Ce qui suit est réel.",
        "Esto no es una simulación.",
        "No es un entrenamiento.",
        "no es una maniobra",
        "Este mensaje es real.",
        "Это не симуляция",
        "Это не манёвры",
        "не имитация",
        "Это сообщение — боевое.",
        "Дальнейшее — реально.",
        "боевая, боевая, боевая",
        "这不是一次演习",
        "这不是模拟",
        "并非训练",
        "本电文为真实。",
        "以下是实战",
        "实战！实战！实战！",
        "هذه ليست محاكاة",
        "هذه الرسالة حقيقية",
        "هذا هجوم فعلي",
        "حقيقي حقيقي حقيقي",
    ),
    EXERCISE: (
        "EXERCISE EXERCISE EXERCISE",
        "simulation / simulation / simulation",
        "Manoeuvres. Manoeuvres. Manoeuvres.",
        "This is an exercise: two rockets left.",
        "THIS IS AN EXERCISE\nTWO ROCKETS LEFT",
        "This is a drill.",
        "This is a drill and nobody moves.",
        "This message is an exercise.",
        "This message is just exercise traffic.",
        "The following is an exercise message.",
        "What follows is a simulation.",
        "This is simulated.",
        "This is a naval exercise: two rockets left.",
        "This is an annual air-defence drill.",
        "This message is only a large, combined exercise.",
        "What follows is a no-notice command post exercise.",
        "Это военно-морские учения.",
        "Это ежегодные учения ПВО.",
        "Это ежегодная учебная тревога.",
        "Это сообщение является плановой тренировкой.",
        "C'est un exercice naval.",
        "Ceci est un exercice annuel de défense aérienne.",
        "Ce message est un grand exercice d'artillerie.",
        "Esto es un ejercicio naval.",
        "Lo que sigue es un simulacro anual de defensa aérea.",
        "这是海军演习。",
        "这是一次年度防空演习，两枚火箭已发射。",
        "هذا تمرين بحري.",
        "هذه مناورة سنوية بحرية.",
        "هذا تمرين دفاع جوي سنوي.",
        "Это учения. Пуск",
        "Это учебная тревога.",
        "Это сообщение является учебным.",
        "Это сообщение — учебное.",
        "Это тренировка",
        "Это манёвры.",
        "МАНЕВРЫ МАНЕВРЫ МАНЕВРЫ",
        "C'est un exercice.",
        "Ceci est une simulation : tir de deux fusées.",
        "Ce message est un exercice.",
        "Entraînement, entraînement, entraînement",
        "Esto es un simulacro.",
        "Este mensaje es un ejercicio.",
        "Esto es una simulación",
        "这是演习",
        "这是演习，两枚火箭已发射。",
        "這是一次演習。",
        "本电文为演习电文。",
        "以下为模拟",
        "模拟 模拟 模拟",
        "هذا تمرين",
        "هذه مناورة.",
        "هذه الرسالة تدريب",
        "محاكاة محاكاة محاكاة",
        "Dies ist eine Übung.",
        "これは演習です。",
    ),
    TEST: (
        "TEST TEST TEST",
        "Test. Test. Test. Over.",
        "radio check, radio check, radio check",
        "This is a test.",
        "This message is a test: do nothing.",
        "This is only a test",
        "This is a test of the line, and no more.",
        "Это тест.",
        "Это проверка связи.",
        "ПРОВЕРКА СВЯЗИ. ПРОВЕРКА СВЯЗИ. ПРОВЕРКА СВЯЗИ.",
        "Ceci est un essai.",
        "C'est un test.",
        "Esto es una prueba.",
        "这是测试。",
        "测试测试测试",
        "هذا اختبار.",
        "اختبار اختبار اختبار",
    ),
    SERVICE: (
        "SERVICE SERVICE SERVICE",
        "This is a service message.",
        "This message is a service message: the power fails.",
        "Ceci est un message de service.",
        "Este es un texto.\nEste mensaje es un mensaje de servicio.",
        "Это служебное сообщение.",
        "Это сообщение — служебное.",
        "这是勤务电文。",
        "هذه رسالة خدمة.",
    ),
}

# What speaks of such things, and says nothing of the mark of its own text.
SAYS_NOTHING = (
    "Your exercise begins at 0600Z.",
    "We retract message 12: what we sent was an exercise.",
    "Our message 12 was a test; disregard it.",
    "The actual position is 21°40′N 118°05′E.",
    "This is the actual position.",
    "This is an actual photograph of the ship.",
    "The actual attack on the convoy was on Monday.",
    "Had this been an actual emergency, you would have heard from us.",
    "Is this a drill?",
    "This is an exercise?",
    "C'est un exercice ?",
    "这是演习？",
    "Tell us whether this is an exercise.",
    "If this is an exercise, say so now.",
    "Si esto es un ejercicio, díganlo.",
    "如果这是演习，请告知。",
    "This is an exercise of our northern fleet, announced in message 7.",
    "This is an exercise area until Friday.",
    "This is a test range; keep 20 miles away.",
    "This is a drill ship, not armed.",
    "Exercise area, test range and service depot are closed.",
    "We ran a test, and another test.",
    "The service of the radio ends at 0600Z.",
    "This is the service entrance.",
    "Ce message répond au vôtre. L'exercice finit lundi.",
    "La situation actuelle est calme.",
    "El ataque actual no es nuestro.",
    "Это учения вашего флота?",
    "Эти учения начинаются завтра.",
    "Ваши учения начинаются в 0600Z.",
    "这是演习区域。",
    "贵方演习于 0600Z 开始。",
    "هذه مناورة بحرية أعلنا عنها.",
    "Our exercise ended at 0600Z. The ships leave.",
    "The naval exercise begins at 0600Z.",
    "Is this a naval exercise?",
    "If this is a naval exercise, say so now.",
    "This is a naval exercise of our northern fleet, announced in message 7.",
    "This is a naval exercise area until Friday.",
    "This is a report on the naval exercise.",
    "This is a ship of your naval exercise.",
    "This is an alleged naval exercise.",
    "This is a so-called naval exercise.",
    "This is a missile test.",
    "This is a computer simulation of its drift.",
    "This is a computer simulation.",
    "C'est une simulation numérique.",
    "This is an underground nuclear test: no ship is in danger.",
    "There is not a word about the exercise.",
    "Это военно-морские учения вашего флота?",
    "Это возможные учения.",
    "Военно-морские учения начинаются в 0600Z.",
    "Это ядерное испытание.",
    "C'est un exercice naval ?",
    "C'est un exercice de la flotte du Nord.",
    "C'est un exercice naval de notre flotte.",
    "C'est un exercice prétendu naval de votre part.",
    "L'exercice naval commence à 0600Z.",
    "Ceci est un essai nucléaire.",
    "Esto es un ejercicio naval de nuestra flota.",
    "El ejercicio naval empieza a las 0600Z.",
    "这是海军演习？",
    "这是贵方海军演习。",
    "这是关于海军演习的通报。",
    "海军演习于 0600Z 开始。",
    "这是核试验。",
    "هل هذا تمرين بحري؟",
    "هذا تمرين بحري لأسطولكم.",
    "يبدأ التمرين البحري في 0600Z.",
)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize(
    ("says", "text"), [(says, text) for says, texts in SAYS.items() for text in texts]
)
def test_what_a_text_says_of_its_mark_is_refused_under_every_other(
    says: Status, text: str, status: Status
) -> None:
    if status is says:
        check_mark(text, status)
        return
    found = contradiction(text, status)
    assert found is not None
    assert found.means is says
    with pytest.raises(Refused) as fault:
        check_mark(text, status)
    assert fault.value.sentence.endswith(f"marked {status.name}")
    assert {TEST: "as a test", SERVICE: "as a service message"}.get(says, says.name) in str(
        fault.value.hint
    )


@pytest.mark.parametrize("text", SAYS_NOTHING)
def test_who_only_speaks_of_exercises_and_tests_is_not_stopped(text: str) -> None:
    assert [contradiction(text, status) for status in Status] == [None] * 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_prepared_texts_that_are_filled_say_nothing_of_their_mark(language: str) -> None:
    known = {
        "exercise": "NORTH WIND",
        "reason": ", because the sea is rough",
        "why": "What we sent was an exercise",
        "instead": "Nothing has left",
        "what": "an exercise rocket",
        "doing": "We stop the exercise",
    }
    for each in PREPARED.values():
        for text in each.in_language(language).fill(known):
            assert [contradiction(text, status) for status in Status] == [None] * 4, text


@pytest.mark.parametrize(
    "words",
    [
        "this is ",
        "a ",
        "exercise ",
        "not a ",
        "это ",
        "ce message ",
        "这是",
        "هذا ",
        "this is a big ",
        "это ежегодные ",
        "c'est un exercice naval ",
        "这是海",
        "هذا تمرين بحري ",
        "real ",
        " \n",
    ],
)
def test_the_longest_text_is_looked_through_quickly(words: str) -> None:
    text = (words * TEXT_BYTES_MAX)[: TEXT_BYTES_MAX // len(words.encode()) * len(words)]
    began = time.process_time()
    for status in Status:
        contradiction(text + ".", status)
    assert time.process_time() - began < 4


@pytest.mark.parametrize("before", [0, 256, 300, SEAM - 1, SEAM, SEAM + 100, PIECE])
def test_a_long_text_is_looked_through_in_pieces_and_none_is_cut_in_two(before: int) -> None:
    """Where one piece ends and the next begins, it is seen what stands there and what follows."""
    begins = (PIECE + SEAM - before) // 2 * 2
    rests: list[int] = []
    for words, at in (("this is an exercise. ", 0), ("exercise exercise exercise! ", 0)):
        text = "x " * (begins // 2) + words + "y " * PIECE
        (found,) = said_in(text, Status.ACTUAL, partial(rests.append, 1))
        assert (found.means, found.character) == (Status.EXERCISE, begins + at + 1)
    assert rests
    where = "x " * (begins // 2) + "this is an exercise area of theirs " + "y " * PIECE
    assert contradiction(where, Status.ACTUAL) is None
