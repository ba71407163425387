import { expect, test } from "bun:test";
import { addressWarnings } from "./public-address.ts";

const codesOf = (url: string) => addressWarnings(url, "en").map(({ code }) => code);

test("nothing is doubtful about a public HTTPS address", () => {
  for (const url of [
    "https://gateway.example.com",
    "https://gateway.example.com:8443/metrika",
    "https://192.168.1.5",
  ]) {
    expect(codesOf(url)).toEqual([]);
  }
});

test("an address of the gateway's own machine is told, with https too", () => {
  for (const host of [
    "localhost:8787",
    "gateway.localhost",
    "127.0.0.1",
    "127.1",
    "0.0.0.0",
    "[::1]",
    "[::ffff:127.0.0.1]",
  ]) {
    expect([host, codesOf(`http://${host}`), codesOf(`https://${host}`)]).toEqual([
      host,
      ["address_local"],
      ["address_local"],
    ]);
  }
});

test("an address without TLS is told", () => {
  for (const url of ["http://gateway.example.com", "http://203.0.113.7:8787", "http://localhost.example.com"]) {
    expect(codesOf(url)).toEqual(["address_not_https"]);
  }
});

test("the warning names the address and the setting, in the reader's language", () => {
  const [russian] = addressWarnings("http://localhost:8787", "ru");
  const [english] = addressWarnings("http://localhost:8787", "en");
  for (const message of [russian?.message, english?.message]) {
    expect(message).toContain("http://localhost:8787");
    expect(message).toContain("PUBLIC_URL");
  }
  expect(russian?.message).toContain("извне");
});
