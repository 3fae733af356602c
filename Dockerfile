# Two stages: what builds Tribune stays behind, what runs it is an interpreter, its libraries and
# the wheel. Runs as a person without a name, on a root file system that may be read-only.
ARG PYTHON=3.11-slim

FROM python:${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/tribune && python -m venv /opt/build
COPY requirements.lock requirements-build.lock ./
RUN /opt/tribune/bin/pip install --require-hashes -r requirements.lock \
 && /opt/build/bin/pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md ./
COPY api/ api/
COPY cases/ cases/
COPY workflows/ workflows/
COPY alembic/ alembic/
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
 && /opt/tribune/bin/pip install --no-deps --no-index /dist/*.whl \
 && /opt/tribune/bin/python -m compileall -q /opt/tribune/lib \
 && /opt/tribune/bin/pip uninstall --yes pip

FROM python:${PYTHON}
RUN groupadd --gid 10001 tribune \
 && useradd --uid 10001 --gid 10001 --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin tribune \
 && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/tribune /run/keys /run/log-keys
COPY --from=build /opt/tribune /opt/tribune
ENV PATH=/opt/tribune/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TRIBUNE_DATA=/var/lib/tribune \
    TRIBUNE_ROOT_KEYS=/run/keys/root.d \
    TRIBUNE_VAULT_KEYS=/run/keys/vault.d \
    TRIBUNE_LOG_KEYS=/run/log-keys \
    TRIBUNE_HOST=0.0.0.0 \
    TRIBUNE_PORT=8000
USER 10001:10001
WORKDIR /var/lib/tribune
VOLUME ["/var/lib/tribune", "/run/keys", "/run/log-keys"]
EXPOSE 8000
# The first start checks its own ciphers before it listens.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["tribune"]
CMD ["serve"]
