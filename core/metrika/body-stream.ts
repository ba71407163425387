/** A stream for fetch, and what is known about how far it got. */
export interface BodyStream {
  readonly stream: ReadableStream<Uint8Array>;
  /** Whether fetch has asked for any of it. */
  readonly taken: boolean;
  /** Set when the source of the chunks threw, as opposed to the network. */
  readonly failure: { readonly error: unknown } | null;
  /** Lets the source free what it holds. Harmless when called twice. */
  close(): void;
}

/** Who wants to know when the source is at work and when the network is. */
export interface BodyWatcher {
  sourceWorks(): void;
  networkWorks(): void;
}

/**
 * Makes a stream that holds one chunk at a time: the source is asked for the next one only when fetch has room for it.
 *
 * The high-water mark of 0 matters twice. Nothing is read ahead, and Bun 1.4.5 asks for the first chunk only once the
 * connection stands, so `taken` tells a failure before the body from one during it.
 */
export function createBodyStream(chunks: AsyncIterable<Uint8Array>, watcher: BodyWatcher): BodyStream {
  const iterator = chunks[Symbol.asyncIterator]();
  let taken = false;
  let cancelled = false;
  let failure: { readonly error: unknown } | null = null;
  // Not awaited anywhere: a source that hangs in next() would keep return() waiting for ever.
  const close = () => void Promise.resolve(iterator.return?.()).catch(() => undefined);
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        taken = true;
        watcher.sourceWorks();
        const next = await iterator.next().catch((error: unknown) => {
          if (!cancelled) failure = { error };
          return null;
        });
        watcher.networkWorks();
        // The connection may have been cut meanwhile: the stream then takes nothing more, which is no fault of the source.
        if (cancelled) return;
        if (next === null) controller.error(failure?.error);
        else if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel() {
        cancelled = true;
        close();
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    close,
    get taken() {
      return taken;
    },
    get failure() {
      return failure;
    },
  };
}
