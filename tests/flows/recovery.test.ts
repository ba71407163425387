import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { configureLogging } from "../../gateway/logging.ts";
import { DAY, HOUR, MINUTE } from "../setup/gateway.ts";
import { anna, type IdentityGateway, startIdentityGateway } from "../setup/identity.ts";
import { until } from "../setup/process.ts";
import { startSmtpSink, textOf } from "../setup/smtp-sink.ts";

afterEach(() => resetSync());

const fresh = "another correct horse";

async function startWithMail() {
  const sink = await startSmtpSink();
  const gateway = await startIdentityGateway({
    env: { SMTP_URL: sink.url, MAIL_FROM: "Gateway <gateway@example.com>" },
  });
  await gateway.device().auth.signUp(anna);
  const letter = async (n: number) =>
    textOf(await until("a letter came", async () => sink.letters[n - 1] ?? null, 5000));
  return { gateway, sink, letter };
}

/** What stands after the `#` of a link. */
const codeIn = (text: string) => new URLSearchParams(text.match(/#(\S+)/)?.[1]).get("token_hash") ?? "";

const redeem = ({ device }: IdentityGateway, code: string) => {
  const client = device();
  return { client, verified: client.auth.verifyOtp({ type: "recovery", token_hash: code }) };
};

test("whoever forgot his password sets another by the link of a letter, and is signed out elsewhere", async () => {
  const { gateway, letter } = await startWithMail();
  const lost = gateway.device();
  await lost.auth.signInWithPassword(anna);
  expect((await gateway.device().auth.resetPasswordForEmail(anna.email)).error).toBeNull();
  const text = await letter(1);
  expect(text).toContain(`${gateway.config.publicUrl}/console/recovery#type=recovery&token_hash=`);
  expect(text).toContain("good for 60 min");
  const { client, verified } = redeem(gateway, codeIn(text));
  expect((await verified).data.user?.email).toBe(anna.email);
  expect((await client.auth.updateUser({ password: fresh })).error).toBeNull();
  expect((await client.auth.getUser()).error).toBeNull();
  expect((await lost.auth.getUser()).error).not.toBeNull();
  expect((await gateway.device().auth.signInWithPassword(anna)).error).toMatchObject({ code: "invalid_credentials" });
  expect((await gateway.device().auth.signInWithPassword({ ...anna, password: fresh })).error).toBeNull();
});

test("a letter is in the language of whoever asked and leads to the page he came from, if it is ours", async () => {
  const { gateway, letter } = await startWithMail();
  const { publicUrl } = gateway.config;
  const ask = (redirectTo: string) =>
    gateway.device({ language: "ru" }).auth.resetPasswordForEmail(anna.email, { redirectTo });
  await ask(`${publicUrl}/console/password#x`);
  expect(await letter(1)).toContain(`откройте ссылку:\n\n${publicUrl}/console/password#type=recovery`);
  await ask("https://evil.example/console/password");
  expect(await letter(2)).toContain(`${publicUrl}/console/recovery#`);
});

test("a link works once, for an hour, and only while the password is the one that was forgotten", async () => {
  const { gateway, letter } = await startWithMail();
  const ask = () => gateway.device().auth.resetPasswordForEmail(anna.email);
  const outcome = async (code: string) => (await redeem(gateway, code).verified).error?.code ?? "signed in";
  await ask();
  const first = codeIn(await letter(1));
  expect(await outcome(`${first}x`)).toBe("otp_expired");
  expect(await outcome(first)).toBe("signed in");
  expect(await outcome(first)).toBe("otp_expired");
  await ask();
  const second = codeIn(await letter(2));
  gateway.advance(HOUR);
  expect(await outcome(second)).toBe("otp_expired");
  await ask();
  const third = codeIn(await letter(3));
  const owner = gateway.device();
  await owner.auth.signInWithPassword(anna);
  await owner.auth.updateUser({ password: fresh });
  expect(await outcome(third)).toBe("otp_expired");
});

test("the answer is the same for a stranger's address, to whom nothing is sent", async () => {
  const { gateway, sink, letter } = await startWithMail();
  const answers: unknown[] = [];
  for (const email of ["nobody@example.com", anna.email]) {
    const answer = await gateway.ask("POST", "/recover", { email });
    answers.push([answer.status, await answer.text()]);
  }
  expect(answers[0]).toEqual(answers[1]);
  await letter(1);
  expect(sink.letters).toHaveLength(1);
  expect(sink.letters[0]).toContain(`To: ${anna.email}`);
});

test("nobody is buried under letters", async () => {
  const { gateway } = await startWithMail();
  const ask = async (address: string) =>
    (await gateway.device({ address }).auth.resetPasswordForEmail(anna.email)).error?.code ?? "sent";
  const from = ["203.0.113.1", "198.51.100.1", "192.0.2.1", "203.0.113.2", "203.0.113.3"];
  const outcomes: string[] = [];
  for (const address of from) outcomes.push(await ask(address));
  expect(outcomes).toEqual(["sent", "sent", "sent", "sent", "over_request_rate_limit"]);
  gateway.advance(MINUTE);
  expect(await ask("192.0.2.2")).toBe("sent");
});

test("a mail server that is away is told to the operator, not to whoever asks", async () => {
  const lines: string[] = [];
  configureLogging({ level: "info", format: "json", write: (line) => void lines.push(line) });
  const away = { SMTP_URL: "smtp://user:planted-password@127.0.0.1:1", MAIL_FROM: "gateway@example.com" };
  const gateway = await startIdentityGateway({ env: away });
  await gateway.device().auth.signUp(anna);
  expect((await gateway.device().auth.resetPasswordForEmail(anna.email)).error).toBeNull();
  await gateway.close();
  expect(lines.join("")).toContain("could not be sent");
  expect(lines.join("")).not.toMatch(/planted-password|anna@|token_hash/);
});

test("without a mail server the answer names the operator's command, for every address", async () => {
  const { device } = await startIdentityGateway();
  await device().auth.signUp(anna);
  const ask = async (email: string) => (await device({ language: "ru" }).auth.resetPasswordForEmail(email)).error;
  const known = await ask(anna.email);
  expect(known?.code).toBe("email_provider_disabled");
  expect(known?.message).toContain("bun run cli user reset");
  expect(await ask("nobody@example.com")).toEqual(known);
});

test("the operator's link sets a new password for a day", async () => {
  const gateway = await startIdentityGateway();
  await gateway.device().auth.signUp(anna);
  const operate = (method: string, path: string) =>
    gateway.request(method, path, { headers: { authorization: `Bearer ${gateway.gateway.operatorToken}` } });
  const found = await operate("GET", `/v1/users?email=${encodeURIComponent("Anna@example.com")}`);
  const id = found.body.data[0]?.user_id;
  const { status, body } = await operate("POST", `/v1/users/${id}/recovery-links`);
  expect(status).toBe(201);
  gateway.advance(DAY - MINUTE);
  const { client, verified } = redeem(gateway, codeIn(body.url));
  expect((await verified).error).toBeNull();
  expect((await client.auth.updateUser({ password: fresh })).error).toBeNull();
  expect((await gateway.manage("POST", `/v1/users/${id}/recovery-links`)).body.code).toBe("operator_only");
  expect((await operate("POST", `/v1/users/${crypto.randomUUID()}/recovery-links`)).status).toBe(404);
});

/** The page of a link as a browser runs it, as far as its script needs one. */
async function openPage({ request, ask }: IdentityGateway, link: URL) {
  const page = await request("GET", link.pathname, { headers: { "accept-language": "en" } });
  const script = /<script>([\s\S]*)<\/script>/.exec(page.text)?.[1] ?? "";
  const said = (name: string) => new RegExp(`data-${name}="([^"]*)"`).exec(page.text)?.[1];
  const password = { value: "" };
  const told = { textContent: "" };
  let submit = async (_: { preventDefault(): void }) => {};
  const form = {
    ...{ hidden: false, elements: { password }, querySelector: () => ({ disabled: false }) },
    dataset: { saved: said("saved"), incomplete: said("incomplete"), silent: said("silent") },
    addEventListener: (_: string, listener: typeof submit) => {
      submit = listener;
    },
  };
  const document = {
    documentElement: { lang: "en" },
    querySelector: (what: string) => (what === "form" ? form : told),
  };
  const fetchHere = (path: string, { method, headers, body }: { method: string; headers: object; body: string }) => {
    const token = new Headers(headers as Record<string, string>).get("authorization")?.slice(7);
    return ask(method, path.replace("/auth/v1", ""), JSON.parse(body), token === undefined ? {} : { token });
  };
  const run = new Function("document", "location", "history", "fetch", script);
  run(document, link, { replaceState() {} }, fetchHere);
  return {
    ...{ page, script, form, told },
    async save(value: string) {
      password.value = value;
      await submit({ preventDefault() {} });
      return told.textContent;
    },
  };
}

test("the page of a link takes a new password, says why one is refused, and may do nothing else", async () => {
  const { gateway, letter } = await startWithMail();
  await gateway.device().auth.resetPasswordForEmail(anna.email);
  const link = new URL(/https:\S+/.exec(await letter(1))?.[0] ?? "");
  const { page, script, form, save } = await openPage(gateway, link);
  const policy = page.headers.get("content-security-policy") ?? "";
  expect(policy).toContain(`script-src 'sha256-${new Bun.CryptoHasher("sha256").update(script).digest("base64")}'`);
  expect(policy).toContain("default-src 'none'");
  expect(await save("password12")).toContain("password");
  expect(form.hidden).toBe(false);
  expect(await save(fresh)).toContain("The password is saved");
  expect(form.hidden).toBe(true);
  expect((await gateway.device().auth.signInWithPassword({ ...anna, password: fresh })).error).toBeNull();

  const cut = await openPage(gateway, new URL(link.pathname, link));
  expect([cut.form.hidden, cut.told.textContent]).toEqual([true, expect.stringContaining("not whole")]);
});
