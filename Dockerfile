# One stateless instance. The same image runs the audit worker (node dist/server/worker.js) and the migrations (node
# dist/server/audit/migrate-cli.js).
# Its base has an exact version. To pin what that holds as well, put the digest behind it, as the registry tells it:
#   docker buildx imagetools inspect node:22.21.1-slim --format '{{.Manifest.Digest}}'      then node:22.21.1-slim@sha256:…
ARG NODE_IMAGE=node:22.21.1-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# What decides about the packages comes first, so that a change of sources alone installs nothing. The schema belongs to
# it: installing generates the client.
COPY package.json package-lock.json prisma.config.ts ./
COPY client-sdk/package.json client-sdk/
COPY prisma/schema.prisma prisma/
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY client-sdk/package.json client-sdk/
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM ${NODE_IMAGE}
# As `npm run start:server` has it: docs/decisions/039-a-larger-young-generation.md
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 NODE_OPTIONS=--max-semi-space-size=32
WORKDIR /app
COPY package.json LICENSE ./
COPY client-sdk/package.json client-sdk/
COPY prisma/migrations prisma/migrations
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 3000
# Alive, not ready: a container must not be restarted because Redis is away.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1, so that it gets the signals of `docker stop`.
CMD ["node", "dist/server/main.js"]
