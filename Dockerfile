# The commands of the wheel in a container: CPU, not as root.
#
#   docker build -t maskwright .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" maskwright augment-masks photos out
#
# EXTRAS chooses what is in it. With EXTRAS=train,pipeline it has PyTorch too, which runs on NVIDIA GPUs where the host has
# the container toolkit (docker run --gpus all …): docs/container.md.
FROM python:3.11-slim-bookworm AS wheel
# What compiles the kernels that draw masks; the image itself needs none of it.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim-bookworm
ARG EXTRAS=pipeline
# Beside the usual one, such as that of PyTorch's CPU wheels; pip reads it by this name.
ARG PIP_EXTRA_INDEX_URL
COPY constraints.txt /wheels/
COPY --from=wheel /wheels /wheels
RUN set -- /wheels/maskwright-*.whl \
    && python -m pip install --no-cache-dir -c /wheels/constraints.txt "$1[$EXTRAS]" \
    && rm -r /wheels \
    && useradd --create-home --uid 1000 maskwright \
    && chmod 1777 /home/maskwright
ENV HOME=/home/maskwright PYTHONDONTWRITEBYTECODE=1
USER 1000
WORKDIR /work
CMD ["maskwright", "--help"]
