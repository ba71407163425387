import { afterAll, beforeAll, describe, test } from "bun:test";
import {
  POSTGRES_WANTED,
  type PostgresServer,
  postgresForTests,
  postgresPrograms,
  startPostgres,
  type TestPostgres,
} from "./postgres.ts";

/** Of both together: `initdb` and the first start, on a machine that has other work. */
const START_MS = 60_000;

/**
 * A suite that makes its databases on the server that all suites share; those that it leaves are dropped after it. Where there
 * is no PostgreSQL its tests are skipped, or with REQUIRE_POSTGRES=1 fail.
 * @param suite gets a function that gives the server inside tests and hooks
 */
export function describePostgres(name: string, suite: (postgres: () => TestPostgres) => void): void {
  describeStarted(name, Boolean(process.env.TEST_POSTGRES_URL), postgresForTests, suite);
}

/**
 * A suite with a server of its own, which it may kill, restart and pause. TEST_POSTGRES_URL does not serve it: a server
 * that belongs to others is not to be killed.
 * @param settings of `postgresql.conf`; for example `{ fsync: "on" }`
 */
export function describePostgresServer(
  name: string,
  suite: (postgres: () => PostgresServer) => void,
  settings: Readonly<Record<string, string>> = {},
): void {
  describeStarted(name, false, () => startPostgres(settings), suite);
}

function describeStarted<T extends TestPostgres>(
  name: string,
  isGiven: boolean,
  start: () => Promise<T | null>,
  suite: (postgres: () => T) => void,
): void {
  let postgres: T | null = null;
  const body = () => {
    suite(() => {
      if (postgres === null) throw new Error(POSTGRES_WANTED);
      return postgres;
    });
  };
  if (!isGiven && postgresPrograms() === null) {
    if (process.env.REQUIRE_POSTGRES !== "1") describe.skip(name, body);
    else {
      test(`${name} has a PostgreSQL`, () => {
        throw new Error(POSTGRES_WANTED);
      });
    }
    return;
  }
  describe(name, () => {
    beforeAll(async () => {
      postgres = await start();
    }, START_MS);
    body();
    // After the suite's own, which may still need their databases.
    afterAll(() => postgres?.stop());
  });
}
