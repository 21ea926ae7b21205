"""``{% load kam_ui %}``: every tag and filter of ``kam.common.ui`` in one library."""

from django import template

from kam.common.ui import drawings, figures, lists, marks, parts, shell

register = template.Library()
for _module in (marks, figures, drawings, parts, lists, shell):
    register.tags.update(_module.register.tags)
    register.filters.update(_module.register.filters)
