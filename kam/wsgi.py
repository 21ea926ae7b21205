"""The web entry point. It refuses to start with a database role that could see every tenant."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kam.settings.dev")

application = get_wsgi_application()

from kam.tenancy.startup import assert_safe_database_role  # noqa: E402  (needs the app registry)

assert_safe_database_role()
