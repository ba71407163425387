import { expect, test } from "bun:test";
import { networkOf, subscriberOf } from "./client-network.ts";

test("an IPv4 address is one subscriber, and its neighbours share a network", () => {
  expect(subscriberOf("203.0.113.5")).toBe("203.0.113.5");
  expect(networkOf("203.0.113.5")).toBe(networkOf("203.0.113.99"));
  expect(networkOf("203.0.113.5")).not.toBe(networkOf("203.0.114.5"));
});

test("all addresses of an IPv6 line are one subscriber, however they are written", () => {
  expect(subscriberOf("2001:db8:0:1::5")).toBe(subscriberOf("2001:0DB8::1:ffff:ffff:ffff:ffff"));
  expect(subscriberOf("2001:db8:0:1::5")).not.toBe(subscriberOf("2001:db8:0:2::5"));
  expect(networkOf("2001:db8:0:1::5")).toBe(networkOf("2001:db8:0:2::5"));
  expect(networkOf("2001:db8:0:1::5")).not.toBe(networkOf("2001:db8:1:1::5"));
  expect(subscriberOf("::1")).toBe("0:0:0:0");
  expect(subscriberOf("fe80::1%eth0")).toBe("fe80:0:0:0");
});

test("whoever's address is not known counts as one with all others like him", () => {
  expect(subscriberOf(null)).toBe(networkOf(null));
});
