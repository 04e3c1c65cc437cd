"""A form that brings a file: read within limits, and into memory alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from parley.catalogue.drawing import RAW_BYTES_MAX, too_large
from parley.core.errors import Refused

BESIDE_BYTES_MAX = 65_536  # what stands around the file
FIELDS_MAX = 8


class _InMemory(MultiPartParser):
    """Nothing of a file that somebody uploads touches the disk before the station has read it."""

    spool_max_size = RAW_BYTES_MAX + BESIDE_BYTES_MAX


async def read_upload(request: Request) -> tuple[list[tuple[str, str]], tuple[str, bytes] | None]:
    """The fields, and name and bytes of the one file."""
    parser = _InMemory(
        request.headers, _bounded(request), max_files=1, max_fields=FIELDS_MAX, max_part_size=4_096
    )
    try:
        form: FormData = await parser.parse()
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


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > RAW_BYTES_MAX + BESIDE_BYTES_MAX:
            raise too_large()
        yield chunk
