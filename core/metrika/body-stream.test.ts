import { expect, test } from "bun:test";
import { createBodyStream } from "./body-stream.ts";

const idle = { sourceWorks() {}, networkWorks() {} };
const turn = () => new Promise(setImmediate);

test("the source is asked for a chunk only when somebody reads", async () => {
  const asked: number[] = [];
  async function* source() {
    for (const chunk of [1, 2]) {
      asked.push(chunk);
      yield new Uint8Array([chunk]);
    }
  }
  const body = createBodyStream(source(), idle);
  await turn();
  expect({ asked, taken: body.taken }).toEqual({ asked: [], taken: false });
  const reader = body.stream.getReader();
  expect((await reader.read()).value).toEqual(new Uint8Array([1]));
  await turn();
  expect({ asked, taken: body.taken }).toEqual({ asked: [1], taken: true });
});

test("a source that throws is told apart from a connection that was cut", async () => {
  const lost = new Error("lease lost");
  const broken = createBodyStream(sourceOf(Promise.reject(lost)), idle);
  await expect(broken.stream.getReader().read()).rejects.toBe(lost);
  expect(broken.failure).toEqual({ error: lost });

  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const cut = createBodyStream(sourceOf(promise), idle);
  const reader = cut.stream.getReader();
  void reader.read();
  await turn();
  await reader.cancel();
  resolve(new Uint8Array([1]));
  await turn();
  expect(cut.failure).toBeNull();
});

test("the source is freed when the stream is not read to its end", async () => {
  let freed = false;
  async function* source() {
    try {
      yield new Uint8Array([1]);
      yield new Uint8Array([2]);
    } finally {
      freed = true;
    }
  }
  const body = createBodyStream(source(), idle);
  await body.stream.getReader().read();
  body.close();
  await turn();
  expect(freed).toBe(true);
});

async function* sourceOf(chunk: Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await chunk;
}
