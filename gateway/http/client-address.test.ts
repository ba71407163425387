import { expect, test } from "bun:test";
import { isNetwork } from "../../core/outgoing/networks.ts";
import { createClientAddress } from "./client-address.ts";

test("without a trusted proxy the client is whoever connected, whatever the header says", () => {
  const clientOf = createClientAddress([]);

  expect(clientOf("127.0.0.1", "203.0.113.7")).toBe("127.0.0.1");
  expect(clientOf("203.0.113.7", null)).toBe("203.0.113.7");
});

test("behind a proxy on the same machine the client is whom the proxy names", () => {
  const clientOf = createClientAddress(["loopback"]);

  expect(clientOf("127.0.0.1", "203.0.113.7")).toBe("203.0.113.7");
  expect(clientOf("::1", "2001:db8::7")).toBe("2001:db8::7");
  expect(clientOf("::ffff:127.0.0.1", "::ffff:203.0.113.7")).toBe("203.0.113.7");
  expect(clientOf("127.0.0.1", null)).toBe("127.0.0.1");
});

test("what a client writes into the header itself is not believed", () => {
  const clientOf = createClientAddress(["loopback", "10.1.0.0/16"]);

  expect(clientOf("127.0.0.1", "192.0.2.99, 203.0.113.7")).toBe("203.0.113.7");
  expect(clientOf("127.0.0.1", "192.0.2.99, 203.0.113.7, 10.1.4.5")).toBe("203.0.113.7");
  expect(clientOf("127.0.0.1", "192.0.2.99, 203.0.113.7, 10.2.4.5")).toBe("10.2.4.5");
  expect(clientOf("203.0.113.7", "192.0.2.99")).toBe("203.0.113.7");
});

test("a header that holds no address ends at the last proxy that is known", () => {
  const clientOf = createClientAddress(["loopback"]);

  for (const header of ["", "unknown", "_hidden", "203.0.113.7, <script>", ",", "203.0.113.7:4711"]) {
    expect(clientOf("127.0.0.1", header)).toBe("127.0.0.1");
  }
});

test("private stands for the networks that no one reaches from outside", () => {
  const clientOf = createClientAddress(["private"]);

  for (const proxy of ["10.255.0.1", "172.16.0.1", "172.31.255.1", "192.168.1.1", "fd00::1"]) {
    expect(clientOf(proxy, "203.0.113.7")).toBe("203.0.113.7");
  }
  for (const stranger of ["172.32.0.1", "127.0.0.1", "11.0.0.1"]) {
    expect(clientOf(stranger, "203.0.113.7")).toBe(stranger);
  }
});

test("a proxy is an address, a network or a known name", () => {
  for (const proxy of ["10.0.0.5", "10.0.0.0/8", "::1", "fd00::/8", "loopback", "private"]) {
    expect(isNetwork(proxy)).toBe(true);
  }
  for (const other of ["", "caddy", "10.0.0.0/33", "fd00::/129", "10.0.0", "10.0.0.0/", "10.0.0.0/8/8", "toString"]) {
    expect(isNetwork(other)).toBe(false);
  }
});
