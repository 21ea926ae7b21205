"""The parts pages are put together from; loaded with ``{% load kam_ui %}``."""
