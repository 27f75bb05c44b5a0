# Hosts with Docker older than 20.10.10 cannot start threads in Debian 12: build there with
#   docker build --build-arg NODE_IMAGE=node:24-bullseye-slim .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE}
ARG VERSION=1.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="webhook-service" \
      org.opencontainers.image.description="Signed callback URLs that turn registry pushes into rollouts on Rancher 1.6 and Kubernetes" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"

ENV NODE_ENV=production \
    WEBHOOK_DATA_DIR=/var/lib/webhook-service
RUN groupadd --gid 10001 webhook \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin webhook \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/webhook-service \
 && ln -s /app/dist/main.js /usr/local/bin/webhook-service
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
# Rancher launches the program by its name, and names the file itself.
RUN chmod 0755 dist/main.js

USER 10001:10001
EXPOSE 8085
# The one folder that is written to: the root file system may be read-only.
VOLUME ["/var/lib/webhook-service"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${(process.env.WEBHOOK_LISTEN || '8085').split(':').pop()}/v1-webhooks/schemas`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/app/dist/main.js"]
