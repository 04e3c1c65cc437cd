"""Two stations on this machine to sit down at both sides, kept in a folder from day to day.

The folder is made beside its place and renamed when it is whole, so that a demo that was
interrupted while it was made begins afresh. What is in it is forgotten only by `forget`, and only
where a demo made it.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parley.core.errors import Misused, Refused
from parley.exercise.crew import Crew
from parley.exercise.pair import OFFICES, PAIR_NAME, Pair, free_port, is_free
from parley.exercise.post import OPERATOR, Post
from parley.station.machine.folder import lock
from parley.station.staff.places import check_zone

PARTIES = ("North", "South")
SEATS = ("drafter", "releaser", "watch")
# A person tests the line once a day, in turns, at any time of that day: the pages show when the
# next one is due and whose turn it is, and nothing rings on the day on which the demo was made.
DAY_S = 86_400
TESTS = {"test_turns_s": DAY_S, "test_window_s": DAY_S}
# Who else works at each side, so that every role can be tried: name and office.
OTHERS = {
    "principal": (("Petra", "Pavel"), "Office of the principal"),
    "interpreter": (("Ines", "Ivo"), "Language desk"),
    "engineer": (("Enno", "Elsa"), "Engineer"),
    "auditor": (("Aline", "Amir"), OFFICES["auditor"]),
}
# Where they are, for the walls to show: it is night at one while the other works.
ZONES = ("America/Halifax", "Asia/Tokyo")
DEPUTIES = ("Willa", "Wim")  # of the watch officers: they are called, and have no link

Tell = Callable[[str], None]


@contextmanager
def opened(folder: Path, tell: Tell) -> Iterator[Pair]:
    """The demo's pair, made if there is none yet, and nobody else's while we have it."""
    if not folder.exists():
        tell("Making two stations; this takes some seconds.")
        make(folder)
    elif not (folder / PAIR_NAME).exists():
        raise Refused(
            f"The folder {folder} is not a demo's.",
            "Name another one with PARLEY_DEMO, or move it.",
        )
    with lock(folder):
        yield Pair.open(folder)


def make(folder: Path) -> None:
    """A fresh pair in that place."""
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True, mode=0o700)
    pair = Pair.make(new, PARTIES, terms=TESTS)
    for post, (here, there) in ((pair.a, ZONES), (pair.b, ZONES[::-1])):
        _place(post, here, there)
    new.rename(folder)


def _place(post: Post, here: str, there: str) -> None:
    try:
        for zone in ZONES:
            check_zone(zone)
    except Misused:  # a machine that knows no time zones has a demo without them
        return
    (known,) = post.set_up(("place.set", {"zone": here}))
    for line in known["theirs"]:
        post.set_up(("place.set", {"zone": there, "line": line["line"]}))


def forget(folder: Path) -> bool:
    """Remove a demo's folder; False when there is none."""
    shutil.rmtree(folder.with_name(f".{folder.name}.new"), ignore_errors=True)
    if not folder.exists():
        return False
    if not (folder / PAIR_NAME).exists():
        raise Refused(f"The folder {folder} is not a demo's.", "Remove it by hand if you mean it.")
    with lock(folder):
        shutil.rmtree(folder)
    return True


def settle_ports(pair: Pair, tell: Tell) -> None:
    """Stay on the ports of the last time; where somebody else has one, take another and say so."""
    for post in (pair.a, pair.b):
        if post.console_port is None or not is_free(post.console_port):
            if post.console_port is not None:
                tell(f"Port {post.console_port} is in use; {post.name}'s console moves.")
            post.console_port = free_port()
    host, port = pair.listening
    if not is_free(port):
        moved = free_port()
        tell(f"Port {port} is in use; the line between the stations moves to {moved}.")
        pair.listen_on((host, moved))
    pair.save()


async def run(pair: Pair, tell: Tell, ready: Callable[[Pair], None]) -> None:
    """Serve both until Ctrl-C or SIGTERM; a station that is killed is started again."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, over.set)
    crews = [Crew(post, tell) for post in (pair.a, pair.b)]
    tasks: list[asyncio.Task[None]] = []
    try:
        for post in (pair.a, pair.b):
            post.start()
        for post in (pair.a, pair.b):
            await asyncio.to_thread(post.until_serving)
        tasks = [asyncio.create_task(crew.keep()) for crew in crews]
        tasks.append(asyncio.create_task(_both_in_service(crews)))
        ended = asyncio.create_task(over.wait())
        await asyncio.wait({tasks[-1], ended}, return_when=asyncio.FIRST_COMPLETED)
        if not over.is_set():
            await tasks[-1]
            await asyncio.to_thread(_fill_desks, pair)
            await asyncio.to_thread(ready, pair)
            await asyncio.wait({ended, *tasks[:-1]}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
    finally:
        for task in tasks:
            task.cancel()
        for crew in crews:
            crew.leave()
        with suppress(asyncio.CancelledError):
            await asyncio.to_thread(pair.stop)


def _fill_desks(pair: Pair) -> None:
    """Name a deputy where there is none, so that the lines are in service, and let the watch
    officers take the watch; to take it again changes nothing. Nobody is hired twice, however many
    desks were made since."""
    for post, deputy in zip((pair.a, pair.b), DEPUTIES, strict=True):
        here = {each["name"]: each["id"] for each in post.ask(OPERATOR, "person.list")["persons"]}
        for desk in post.ask("watch", "desk.list")["desks"]:
            if not desk["deputies"]:
                if deputy not in here:
                    who = {"name": deputy, "office": desk["name"], "roles": ["watch"]}
                    here[deputy] = post.ask(OPERATOR, "person.add", **who)["id"]
                post.ask(OPERATOR, "desk.deputies", desk=desk["desk"], persons=[here[deputy]])
            post.ask("watch", "desk.hold", desk=desk["desk"])


def others(post: Post, side: int) -> list[dict[str, str]]:
    """A seat for each of the other roles, with a fresh link; where nobody has the role yet, as in a
    demo that an earlier release made, somebody is hired."""
    here = post.ask(OPERATOR, "person.list")["persons"]
    seats = []
    for role, (names, office) in OTHERS.items():
        person = next((each for each in here if role in each["roles"]), None)
        if person is None:
            who = {"name": names[side], "office": office, "roles": [role]}
            person = {"id": post.ask(OPERATOR, "person.add", **who)["id"], **who}
        link = post.ask(OPERATOR, "signin.link", person=person["id"])["address"]
        seats.append({"role": role, "person": person["name"], "link": link})
    return seats


async def _both_in_service(crews: list[Crew]) -> None:
    for crew in crews:
        await crew.in_service()
