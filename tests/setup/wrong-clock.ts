// Loaded before a program (`bun --preload`): its machine's clock is wrong by CLOCK_OFF_MS, and jumps to and fro by CLOCK_JUMP_MS
// with each SIGUSR2. Timers and the monotonic clock go on as they are, as they do on a machine whose clock is set.
const { Date: RightDate } = globalThis;
const jump = Number(process.env.CLOCK_JUMP_MS ?? 0);
let off = Number(process.env.CLOCK_OFF_MS ?? 0);
let hasJumped = false;

process.on("SIGUSR2", () => {
  off += hasJumped ? -jump : jump;
  hasJumped = !hasJumped;
});

globalThis.Date = new Proxy(RightDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RightDate.now() + off] : args, newTarget),
  apply: () => new RightDate(RightDate.now() + off).toString(),
  get: (target, member, receiver) =>
    member === "now" ? () => RightDate.now() + off : Reflect.get(target, member, receiver),
});
