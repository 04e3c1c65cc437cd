"""Calls: sealed sound and pictures on their way from page to page; a station never decodes them.

Reading order: `frame` (what a station reads of a frame), `loop` (a page's own frames come back),
`link` (frames from our station to theirs) with its parts, `running` (a link on a line).
"""
