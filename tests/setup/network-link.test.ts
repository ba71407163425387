import { expect, test } from "bun:test";
import { linkTo } from "./network-link.ts";
import { until } from "./process.ts";

/** Answers each piece with itself. */
function startEcho() {
  const echo = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, piece) {
        socket.write(piece);
      },
      open: () => void open++,
      close: () => void open--,
    },
  });
  let open = 0;
  return {
    address: `tcp://127.0.0.1:${echo.port}`,
    get open() {
      return open;
    },
    [Symbol.dispose]: () => echo.stop(true),
  };
}

/** A client that keeps what it hears. */
async function startClient(port: number) {
  let heard = "";
  let isClosed = false;
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, piece) {
        heard += piece.toString();
      },
      close() {
        isClosed = true;
      },
    },
  });
  return {
    say: (text: string) => void socket.write(text),
    end: () => void socket.terminate(),
    hears: (text: string) => until(`“${text}” is heard`, () => heard === text || null),
    get heard() {
      return heard;
    },
    get isClosed() {
      return isClosed;
    },
  };
}

test("a link that is cut holds everything back and tells nobody, and lets it through when it is restored", async () => {
  using echo = startEcho();
  await using link = await linkTo(echo.address);
  const before = await startClient(link.port);
  before.say("one");
  await before.hears("one");

  link.cut();
  before.say(" two");
  const meanwhile = await startClient(link.port);
  meanwhile.say("three");
  await Bun.sleep(100);
  expect([before.heard, meanwhile.heard, before.isClosed, meanwhile.isClosed]).toEqual(["one", "", false, false]);

  link.restore();
  await before.hears("one two");
  await meanwhile.hears("three");
});

test("the server hears only after the cut that a client has gone meanwhile", async () => {
  using echo = startEcho();
  await using link = await linkTo(echo.address);
  const client = await startClient(link.port);
  client.say("one");
  await client.hears("one");

  link.cut();
  client.end();
  await Bun.sleep(100);
  expect(echo.open).toBe(1);
  link.restore();
  await until("the server has heard of it", () => echo.open === 0 || null);
});

test("a link that is dropped breaks its connections off and takes new ones", async () => {
  using echo = startEcho();
  await using link = await linkTo(echo.address);
  const client = await startClient(link.port);
  client.say("one");
  await client.hears("one");
  link.drop();
  await until("both sides are told", () => (client.isClosed && echo.open === 0) || null);
  const next = await startClient(link.port);
  next.say("two");
  await next.hears("two");
});
