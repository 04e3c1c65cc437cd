"""A time limit, as the prepared texts of a language say it."""

from __future__ import annotations

# Minutes and hours: abbreviated where they would bend with the number, but in Arabic, which has no
# short form of them.
_UNITS = {"es": ("min", "h"), "fr": ("min", "h"), "ru": ("мин", "ч"), "zh": ("分钟", "小时")}
_AR, _AR_FEW = ("دقيقة", "ساعة"), ("دقائق", "ساعات")
_AR_ONE_OR_TWO = {1: ("دقيقة واحدة", "ساعة واحدة"), 2: ("دقيقتين", "ساعتين")}


def span_in(language: str, seconds: float) -> str:
    """So many minutes or hours, as these texts say it."""
    minutes = round(seconds / 60)
    count, hours = (minutes, False) if minutes < 120 else (minutes // 60, True)
    if language == "en":
        return f"{count} {'hour' if hours else 'minute'}{'s' if count != 1 else ''}"
    if language == "ar":
        if count in _AR_ONE_OR_TWO:
            return _AR_ONE_OR_TWO[count][hours]
        return f"{count} {(_AR_FEW if 3 <= count % 100 <= 10 else _AR)[hours]}"
    return f"{count}{'' if language == 'zh' else ' '}{_UNITS[language][hours]}"
