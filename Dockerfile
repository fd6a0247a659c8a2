# One image for both services, neither of which runs as root: `python -m workers` and `python -m api`.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /app
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin raceday

COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY shared shared
COPY workers workers
COPY api api
COPY local local
COPY sql sql

# The lock only constrains: what `local` and `dev` name is not installed. Editable, as SQL and pages lie beside the code.
RUN pip install --constraint requirements.lock --editable . \
    && python -m compileall -q shared workers api local

USER raceday
EXPOSE 8000
CMD ["python", "-m", "api"]
