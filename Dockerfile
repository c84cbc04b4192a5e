# spark-webhook and the libraries it needs, nothing else: no shell, no package manager.
#
#   docker build -t sparkhook:dev .            any builder that knows two stages does
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update -q && apt-get install -yq --no-install-recommends \
        gcc libc6-dev cmake ninja-build pkg-config \
        libmicrohttpd-dev libgnutls28-dev libcurl4-gnutls-dev libjansson-dev libyaml-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY man man
COPY src src
COPY tools/image-root tools/image-root
RUN cmake --preset release -DSPK_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr \
    && cmake --build build/release --target spark-webhook \
    && install -D -s build/release/spark-webhook /image/usr/bin/spark-webhook \
    && tools/image-root /image /facts \
    && chroot --userspec=65532:65532 /image /usr/bin/spark-webhook --version

# What the image is made of, for `./run image` to write down; no part of the image.
FROM scratch AS facts
COPY --from=build /facts /

FROM scratch
COPY --from=build /image /
# A number: the cluster checks runAsNonRoot without knowing names.
USER 65532:65532
EXPOSE 9443 8080
ENTRYPOINT ["/usr/bin/spark-webhook"]
CMD ["serve"]
