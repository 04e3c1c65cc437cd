"""A line of the operators' chat: a few sentences, and no more. Source: spec/chat.md O1."""

from __future__ import annotations

from parley.core.entry import Content

CHAT_BYTES_MAX = 2_000  # a few sentences; what is longer belongs into a message


def words_of(content: Content | None) -> str | None:
    """What an entry says in the chat; None where it has not the form, or is too long."""
    words = content.payload if content else None
    if not isinstance(words, str) or len(words.encode(errors="surrogatepass")) > CHAT_BYTES_MAX:
        return None
    return words
