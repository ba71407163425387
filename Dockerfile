# One executable on a bare Debian, which gives it glibc; certificates and time zones are inside of it.
FROM oven/bun:1.4.5-slim AS build
WORKDIR /build
COPY package.json bun.lock bunfig.toml ./
COPY patches patches
RUN bun install --frozen-lockfile --production
COPY . .
RUN bun run compile && mkdir /data

FROM debian:12-slim
COPY --from=build /build/dist/metrika-gateway /usr/local/bin/metrika-gateway
# A number and not a name, so that orchestrators can see that it is not root.
COPY --from=build --chown=10001:10001 /data /data
USER 10001:10001
# The SQLite database and the master key, unless settings say otherwise; with PostgreSQL, files while they are being sent.
ENV DATABASE_URL=file:/data/gateway.db DATA_FOLDER=/data
WORKDIR /data
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["metrika-gateway", "healthcheck"]
ENTRYPOINT ["metrika-gateway"]
CMD ["start"]
