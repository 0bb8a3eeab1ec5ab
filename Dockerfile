# The image to build on and to run on, and the registry of npm: mirrors, if the usual ones are out of reach.
ARG BASE_IMAGE=node:24-bookworm-slim

FROM ${BASE_IMAGE} AS build
ARG NPM_REGISTRY=
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY console/package.json ./console/
RUN npm ci --ignore-scripts --workspace=console --include-workspace-root ${NPM_REGISTRY:+--registry="$NPM_REGISTRY"}
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY dev/bundle-service.js dev/build-console.js ./dev/
COPY src ./src
COPY console ./console
RUN npm run build && npm prune --omit=dev --ignore-scripts --workspaces=false

FROM ${BASE_IMAGE}
ENV NODE_ENV=production
# Prometheus is in another container. The port of the metrics is not published.
ENV METRICS_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY bin ./bin
COPY --from=build /app/dist ./dist
# Where avatars are kept, unless AVATAR_STORAGE says otherwise.
RUN mkdir -p .data/avatars && chown node:node .data/avatars
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
