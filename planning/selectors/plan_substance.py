"""Whether a text says something: a plan is rewarded for substance, never for filled boxes (K32, EXPERIENCE).

Pure functions. A word counts once, and only when it carries meaning; phrases that stand in for an answer
("to be defined", "n/a", "as usual") count nothing.
"""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_DIGIT = re.compile(r"\d")
# Phrases that people write when they have nothing to say; they are taken out before words are counted.
_EMPTY_PHRASES = re.compile(
    r"\b(?:"
    r"to be (?:defined|done|discussed|confirmed|determined|decided|completed|filled(?: in)?|added|continued)"
    r"|not (?:applicable|available|known|yet|defined|sure)|no (?:idea|comment|comments|info|information|data)"
    r"|n[./]?a\.?|t\.?b\.?[acd]\.?|see (?:above|below|attached|attachment|slides?|e-?mail)|as (?:usual|before|above|is)"
    r"|more of the same|business as usual|coming soon|work in progress|lorem ipsum|dolor sit amet"
    r"|same as last (?:year|quarter|time)|will follow|nothing new|none|unknown|todo|wip|xxx+|placeholder|dummy|asdf"
    r")\b",
    re.IGNORECASE,
)
# Words that hold sentences together and tell nothing by themselves.
_LIGHT = frozenset(
    """
    a an and any are as at be been but by can could did do does for from had has have he her his how i if in into
    is it its just may might more most much must my no nor not of on or our out over own per she should so some
    such than that the their them then there these they this those to too under up us very was we were what when
    where which while who whom why will with would yes you your good great best nice etc really important better
    excellent things thing stuff various several many lot lots improve improvement increase enhance leverage
    synergy synergies win-win strategic solution solutions
    """.split()  # noqa: SIM905
)


def substance(text: str) -> int:
    """How many different words of a text carry meaning; figures count like words. 0 for an empty phrase."""
    plain = _EMPTY_PHRASES.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    found = set()
    for word in _WORD.findall(plain):
        if word in _LIGHT or (len(set(word)) == 1 and not _DIGIT.search(word)):
            continue
        if len(word) > 2 or _DIGIT.search(word):
            found.add(word)
    return len(found)


def says(text: str, words: int) -> bool:
    """Whether a text has at least so many different words that carry meaning."""
    return substance(text) >= words
