import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire to a server on this machine, which a test may cut. */
export interface NetworkLink extends AsyncDisposable {
  /** Where clients connect in place of the server. */
  readonly port: number;
  /** An address with this link in place of the server. */
  through(address: string): string;
  /** From now on nothing goes through in either direction and nobody is told so, as when a cable is pulled. */
  cut(): void;
  /** What was held back goes on, and what was closed meanwhile is heard of on the other side. */
  restore(): void;
  /** Breaks all connections off, which both sides are told; new ones may be opened. */
  drop(): void;
}

/** One connection: the client's end and the server's. */
interface Wire {
  readonly client: Socket;
  readonly server: Socket;
}

/** Lays a link to the server of an address such as `postgres://user@127.0.0.1:5432/name`. */
export async function linkTo(address: string): Promise<NetworkLink> {
  const { hostname: host, port } = new URL(address);
  const wires = new Set<Wire>();
  let isCut = false;

  function lay(client: Socket): void {
    const server = connect({ host, port: Number(port) });
    const wire = { client, server };
    wires.add(wire);
    carry(wire, client, server);
    carry(wire, server, client);
    if (isCut) pause(wire);
  }

  function carry(wire: Wire, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on("data", (piece) => {
      if (!to.write(piece)) from.pause();
    });
    to.on("drain", () => {
      if (!isCut) from.resume();
    });
    from.on("error", () => {});
    from.on("close", () => {
      // Nobody on the other side hears of it while the link is cut.
      if (!isCut) forget(wire);
    });
  }

  function pause({ client, server }: Wire): void {
    client.pause();
    server.pause();
  }

  function forget(wire: Wire): void {
    wires.delete(wire);
    wire.client.destroy();
    wire.server.destroy();
  }

  const listener = createServer(lay);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port: own } = listener.address() as AddressInfo;
  return {
    port: own,
    through: (to) => Object.assign(new URL(to), { hostname: "127.0.0.1", port: String(own) }).href,
    cut() {
      isCut = true;
      for (const wire of wires) pause(wire);
    },
    restore() {
      isCut = false;
      for (const wire of wires) {
        if (wire.client.destroyed || wire.server.destroyed) forget(wire);
        wire.client.resume();
        wire.server.resume();
      }
    },
    drop() {
      for (const wire of wires) forget(wire);
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const wire of wires) forget(wire);
      await closed;
    },
  };
}
