"""Two people save one thing: what the form holds beside what is stored now."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms


def compared(form: forms.Form, stored: Mapping[str, Any], names: Iterable[str]) -> list[tuple[str, str, str]]:
    """Label, mine and theirs for each field where what was typed differs from what is stored now."""
    found = []
    for name in names:
        if name not in form.fields:
            continue
        mine, theirs = form[name].value(), form.fields[name].prepare_value(stored[name])
        if _plain(mine) != _plain(theirs):
            found.append((str(form.fields[name].label), _shown(form, name, mine), _shown(form, name, theirs)))
    return found


def _plain(value: Any) -> str:
    if value in (None, "", False):
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(sorted(map(str, value)))
    return str(value).strip()


def _shown(form: forms.Form, name: str, value: Any) -> str:
    field = form.fields[name]
    choices: Any = getattr(field, "choices", ())
    if isinstance(field, forms.BooleanField):
        return "yes" if value in (True, "on", "true", "True") else "no"
    if isinstance(field, forms.MultipleChoiceField):
        words = {str(key): str(word) for key, word in choices}
        return ", ".join(words.get(str(key), str(key)) for key in value or ()) or "nothing"
    if isinstance(field, forms.ChoiceField):
        return str(dict(choices).get(str(value or ""), value or "nothing"))
    return _plain(value) or "nothing"
