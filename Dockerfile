FROM python:3.12-slim

# mongod's libcurl, for those who run the image without a database of their own.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 trunkline \
    && install -d -o trunkline -g trunkline /data

WORKDIR /app
# The libraries change seldom and the code often: each has a layer of its own.
COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation -e .

USER trunkline
ENV TRUNKLINE_HOST=0.0.0.0 TRUNKLINE_DATA=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["hub", "run", "config.yaml"]
