"""Prepared texts in Spanish."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "introduction": (
        "Presentación de {our_principal|su nombre y grado}",
        """\
{their_principal|nombre y grado de su homólogo}:

He asumido mis funciones, {our_office|su cargo}, {our_party|su parte}, y con ellas esta línea \
directa, {line|su nombre}.

Me propongo mantenerla abierta. Lo que su parte diga en ella se lee aquí a cualquier hora: de un \
FLASH se acusa recibo en {flash|su plazo}, de un IMMEDIATE en {immediate|su plazo}. Le pido lo \
mismo. Si ocurre entre nuestras fuerzas algo que uno de los dos no entiende, preguntemos primero \
aquí.

Deseo hablar pronto con usted. Mi oficina enviará una solicitud de llamada; le ruego que le \
indique qué le conviene.

Respetuosamente,
{our_principal|su nombre y grado}""",
    ),
    "thanks": (
        "Nuestra llamada del {date|su fecha}",
        """\
{their_principal|nombre y grado de su homólogo}:

Gracias por la llamada del {date|su fecha}, de {began|su comienzo} a {ended|su fin} UTC. Hablamos \
de: {topics|sus temas}.

Aprecié la franqueza con que hablamos. Mi oficina dará seguimiento a: {agreed|lo acordado}.

Espero con interés nuestra próxima llamada.

Respetuosamente,
{our_principal|su nombre y grado}""",
    ),
    "accident": (
        "",
        """\
{their_address|tratamiento}:

A las {time|hora UTC}, {what|lo que ocurrió}, en la posición {place|latitud y longitud}. Fue un \
accidente, que {our_party|su parte} no quiso.

Lo afectado: {concerned|aeronave, buque, misil; su nombre o número}.
Peligro para ustedes: {danger|cuál, dónde, hasta cuándo}.
Lo que hacemos: {doing|lo que hacen}.
Lo que les pedimos: {asked|lo que piden}.

Informaremos de nuevo a las {again|hora UTC}.""",
    ),
    "retraction": (
        "",
        """\
{their_address|tratamiento}:

Retiramos nuestro mensaje {ref|su número} del {sent|su hora}. No es válido. No actúen según él; \
si lo han hecho, dígannos qué se hizo.

Por qué: {why|en una frase}.

Lo que es cierto en su lugar: {instead|en una frase, o nada}.""",
    ),
    "exercise-start": (
        "Ejercicio {exercise|su nombre}",
        """\
{their_address|tratamiento}:

Nuestro ejercicio {exercise|su nombre} comienza el {begins|fecha y hora UTC} y termina el \
{ends|fecha y hora UTC}. Se desarrolla en la zona {area|latitudes y longitudes}, con \
{forces|cuántos de qué}.

Nada en él se dirige contra {their_party|su homólogo}. Si algo parece otra cosa, pregúntennos \
aquí.""",
    ),
    "exercise-stop": (
        "Fin del ejercicio {exercise|su nombre}",
        """\
{their_address|tratamiento}:

Nuestro ejercicio {exercise|su nombre} terminó el {ended|fecha y hora UTC}\
{reason|, porque, o nada}.

Todas las fuerzas salen de {area|la zona} antes del {left|fecha y hora UTC}.""",
    ),
    "time": (
        "",
        """\
{their_address|tratamiento}:

Hemos leído su mensaje {ref|su número} del {sent|su hora}. {our_principal|quien decide} necesita \
tiempo para responderlo. Tendrán nuestra respuesta antes del {by|fecha y hora UTC}.

Hasta entonces, nosotros {meanwhile|no hacemos nada que lo empeore; digan qué}.""",
    ),
    "yours": (
        "",
        """\
{their_address|tratamiento}:

A las {time|hora UTC} vemos {what|aeronave, buque, globo, objeto} en la posición \
{place|latitud y longitud}, rumbo {course|grados}, velocidad {speed|con su unidad}, altura \
{height|con su unidad}.

¿Es suyo? Si lo es: ¿qué es, qué hace allí y necesita ayuda alguien a bordo?

Si no oímos nada antes de las {by|hora UTC}, nosotros {then|lo que sigue}.""",
    ),
}
