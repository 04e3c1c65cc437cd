"""A form that brings a file: read within limits, into memory alone, and not before its token."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from parley.catalogue.drawing import RAW_BYTES_MAX, too_large
from parley.core.errors import Refused

BESIDE_BYTES_MAX = 65_536  # what stands around the file
TOKEN_BYTES_MAX = 4_096  # the token is the first field of our forms; so early it has come
FIELDS_MAX = 8

CheckToken = Callable[[str], None]


class _InMemory(MultiPartParser):
    """Nothing of a file that somebody uploads touches the disk before the station has read it."""

    spool_max_size = RAW_BYTES_MAX + BESIDE_BYTES_MAX

    def __init__(self, request: Request, check_token: CheckToken) -> None:
        super().__init__(
            request.headers,
            self._bounded(request, check_token),
            max_files=1,
            max_fields=FIELDS_MAX,
            max_part_size=4_096,
        )

    async def _bounded(
        self, request: Request, check_token: CheckToken
    ) -> AsyncGenerator[bytes, None]:
        """What comes, as long as it may: eight MiB are for people of ours, not for whoever asks."""
        size, known = 0, False
        async for chunk in request.stream():
            size += len(chunk)
            if size > RAW_BYTES_MAX + BESIDE_BYTES_MAX:
                raise too_large()
            yield chunk  # it has been parsed when we go on
            if not known and (self.items or size > TOKEN_BYTES_MAX):
                check_token(self._token())
                known = True
        if not known:
            check_token(self._token())

    def _token(self) -> str:
        name, value = self.items[0] if self.items else ("", "")
        return value if name == "token" and isinstance(value, str) else ""


async def read_upload(
    request: Request, check_token: CheckToken
) -> tuple[list[tuple[str, str]], tuple[str, bytes] | None]:
    """The fields, and name and bytes of the one file, if the first field is the token."""
    try:
        form: FormData = await _InMemory(request, check_token).parse()
    except (MultiPartException, ValueError, KeyError) as error:
        raise Refused("the form is not one of ours", "load the page again") from error
    pairs: list[tuple[str, str]] = []
    given: tuple[str, bytes] | None = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            given = value.filename or "", await value.read()
        else:
            pairs.append((name, value))
    await form.close()
    return pairs, given
