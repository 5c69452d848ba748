# Follows the door script: the same lock file, the same command. Built on Debian, run as nobody, data in /data.
# Configured by PEITONG_* variables, so that serving, `visit new` and the health check mean the same server.
FROM python:3.12-slim-bookworm AS build
WORKDIR /peitong
COPY requirements.lock .
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock

FROM python:3.12-slim-bookworm
WORKDIR /peitong
COPY --from=build /peitong/.venv .venv
COPY server server
COPY signaling signaling
COPY media media
COPY rehearsal rehearsal
COPY web_client web_client
RUN useradd --system --home /data peitong && install -d -o peitong -m 0700 /data
USER peitong
VOLUME /data
ENV PEITONG_DATA_FOLDER=/data PEITONG_HTTP_LISTEN=0.0.0.0:8480 PEITONG_MEDIA_UDP=0.0.0.0:50000
EXPOSE 8480/tcp 50000/udp 50000/tcp
HEALTHCHECK --interval=10s --timeout=3s CMD [".venv/bin/python", "-m", "server.commands.ready"]
ENTRYPOINT [".venv/bin/python", "-m", "server"]
CMD ["serve"]
