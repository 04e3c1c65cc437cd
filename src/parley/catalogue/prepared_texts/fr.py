"""Prepared texts in French."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "introduction": (
        "Présentation de {our_principal|vos nom et grade}",
        """\
{their_principal|nom et grade de votre homologue},

J'ai pris mes fonctions, {our_office|votre fonction}, {our_party|votre partie}, et avec elles \
cette ligne directe, {line|son nom}.

J'entends la garder ouverte. Ce que votre partie y dit est lu ici à toute heure : un FLASH est \
accusé dans un délai de {flash|son délai}, un IMMEDIATE dans un délai de \
{immediate|son délai}. Je vous demande la même chose. S'il survient entre nos forces quelque \
chose que l'un de nous ne comprend pas, posons d'abord la question ici.

Je souhaite vous parler bientôt. Mes services enverront une demande d'appel ; veuillez leur dire \
ce qui vous convient.

Respectueusement,
{our_principal|vos nom et grade}""",
    ),
    "thanks": (
        "Notre appel du {date|sa date}",
        """\
{their_principal|nom et grade de votre homologue},

Je vous remercie de l'appel du {date|sa date}, de {began|son début} à {ended|sa fin} UTC. Nous \
avons parlé de : {topics|ses sujets}.

J'ai apprécié la franchise de notre échange. Mes services donneront suite à : \
{agreed|ce qui a été convenu}.

J'attends avec intérêt notre prochain appel.

Respectueusement,
{our_principal|vos nom et grade}""",
    ),
    "accident": (
        "",
        """\
{their_address|formule d'adresse},

À {time|heure UTC}, {what|ce qui s'est passé}, à la position {place|latitude et longitude}. \
C'était un accident, que {our_party|votre partie} n'a pas voulu.

Ce qui est concerné : {concerned|aéronef, navire, missile ; son nom ou numéro}.
Danger pour vous : {danger|lequel, où, jusqu'à quand}.
Ce que nous faisons : {doing|ce que vous faites}.
Ce que nous vous demandons : {asked|ce que vous demandez}.

Nous vous informerons de nouveau à {again|heure UTC}.""",
    ),
    "retraction": (
        "",
        """\
{their_address|formule d'adresse},

Nous retirons notre message {ref|son numéro} du {sent|son heure}. Il n'est pas valable. N'agissez \
pas d'après lui ; si vous l'avez fait, dites-nous ce qui a été fait.

Pourquoi : {why|en une phrase}.

Ce qui est vrai : {instead|en une phrase, ou rien}.""",
    ),
    "exercise-start": (
        "Exercice {exercise|son nom}",
        """\
{their_address|formule d'adresse},

Notre exercice {exercise|son nom} commence le {begins|date et heure UTC} et finit le \
{ends|date et heure UTC}. Il se déroule dans la zone {area|latitudes et longitudes}, avec \
{forces|combien de quoi}.

Rien n'y est dirigé contre {their_party|votre homologue}. Si quelque chose semble autre, \
demandez-nous ici.""",
    ),
    "exercise-stop": (
        "Fin de l'exercice {exercise|son nom}",
        """\
{their_address|formule d'adresse},

Notre exercice {exercise|son nom} a pris fin le {ended|date et heure UTC}\
{reason|, parce que, ou rien}.

Toutes les forces quittent {area|la zone} avant le {left|date et heure UTC}.""",
    ),
    "time": (
        "",
        """\
{their_address|formule d'adresse},

Nous avons lu votre message {ref|son numéro} du {sent|son heure}. \
{our_principal|qui décide} a besoin de temps pour y répondre. Vous aurez notre réponse \
avant le {by|date et heure UTC}.

D'ici là, nous {meanwhile|ne faisons rien qui aggrave ; dites quoi}.""",
    ),
    "yours": (
        "",
        """\
{their_address|formule d'adresse},

À {time|heure UTC}, nous voyons {what|aéronef, navire, ballon, objet} à la position \
{place|latitude et longitude}, cap {course|degrés}, vitesse {speed|avec son unité}, hauteur \
{height|avec son unité}.

Est-ce à vous ? Si oui : qu'est-ce que c'est, que fait-il là, et y a-t-il à bord quelqu'un qui a \
besoin d'aide ?

Sans réponse avant {by|heure UTC}, nous {then|ce qui suit}.""",
    ),
}
