# syntax=docker/dockerfile:1
# Front-end libraries → Python wheels and collected static files → a slim image without compilers, not root.

FROM node:22-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --require-hashes --no-deps -r /tmp/requirements.txt
WORKDIR /app
COPY . .
COPY --from=assets /app/node_modules node_modules
# Only collectstatic runs here: it needs no secret and no server.
RUN /opt/venv/bin/python -m kam.common.assets \
    && DJANGO_SETTINGS_MODULE=kam.settings.dev /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf node_modules \
    && /opt/venv/bin/python -m compileall -q accounts buying_center kam metrics opportunities planning

FROM python:3.13-slim
RUN groupadd --system --gid 10001 kam \
    && useradd --system --uid 10001 --gid kam --home-dir /data --no-create-home kam \
    && install --directory --owner kam --group kam --mode 0750 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=kam.settings.prod \
    KAM_DATA_DIR=/data
WORKDIR /app
USER kam
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=40s --retries=4 CMD ["python", "scripts/healthcheck.py"]
CMD ["gunicorn", "kam.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
