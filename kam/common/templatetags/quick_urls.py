"""`{% url %}` of every template, through `kam.common.addresses`: built in, so that templates need not load it."""

from typing import Any

from django import template
from django.template import defaulttags
from django.template.base import Parser, Token
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape

from kam.common.addresses import address

register = template.Library()


class QuickUrlNode(defaulttags.URLNode):
    """Answers as Django's node. It knows no application instances, of which this project has one each."""

    def render(self, context: Any) -> str:
        if self.kwargs:
            return super().render(context)
        try:
            url = address(self.view_name.resolve(context), *[arg.resolve(context) for arg in self.args])
        except NoReverseMatch:
            return super().render(context)
        if self.asvar:
            context[self.asvar] = url
            return ""
        return conditional_escape(url) if context.autoescape else url


@register.tag
def url(parser: Parser, token: Token) -> QuickUrlNode:
    """As Django's tag of this name."""
    plain = defaulttags.url(parser, token)
    return QuickUrlNode(plain.view_name, plain.args, plain.kwargs, plain.asvar)
