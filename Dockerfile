# Curfew's programs, one file each, on Node alone: no shell, no package manager, nobody to become root.
#
# Both digests are of multi-platform indexes. The first image only bundles, on the builder's own platform, since a bundle is
# the same on all of them; of the second there is nothing to run at build time, so that no platform is emulated.
FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim@sha256:173f125896c3b47ddf056734c7ea789d04595a6a08769a8f78e0df642781fb66 AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# As `make` installs: versions and hashes of the lock file hold, and no package runs anything.
RUN npm install --no-save --ignore-scripts
COPY tsconfig.json ./
COPY scripts/build.ts scripts/licenses.ts ./scripts/
COPY src ./src
RUN node scripts/build.ts

FROM gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Curfew" \
      org.opencontainers.image.description="Temporary Kubernetes RBAC access that is approved by people, ends on time and leaves proof" \
      org.opencontainers.image.url="https://github.com/curfew-dev/curfew" \
      org.opencontainers.image.source="https://github.com/curfew-dev/curfew" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# The heap grows to three fifths of the container's memory limit; the rest is for what Node keeps outside of it.
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-old-space-size-percentage=60
WORKDIR /app
COPY LICENSE ./
COPY --from=build /src/dist/operator.mjs /src/dist/operator.mjs.LICENSES.txt /src/dist/operator.mjs.LEGAL.txt ./
COPY --from=build /src/dist/reap.mjs ./
# Files are root's, processes are not. A number, or else the kubelet cannot see that it is no root (runAsNonRoot).
USER 65532:65532
EXPOSE 8080 8081
# Node itself is process 1: signals reach it. The reaper is the same with other arguments: /app/reap.mjs.
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["/app/operator.mjs"]
