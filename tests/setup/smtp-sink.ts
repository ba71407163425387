import { onTestFinished } from "bun:test";
import { createServer, type Socket } from "node:net";

/** A mail server that delivers to the test: each letter as it came, header and body. */
export interface SmtpSink {
  readonly url: string;
  readonly letters: readonly string[];
}

/** The least of RFC 5321 that a client needs, without TLS and without signing in. */
export async function startSmtpSink(): Promise<SmtpSink> {
  const letters: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.write("220 sink\r\n");
    let unread = "";
    let isLetter = false;
    socket.on("data", (bytes) => {
      unread += bytes.toString("utf8");
      for (;;) {
        const end = isLetter ? "\r\n.\r\n" : "\r\n";
        const at = unread.indexOf(end);
        if (at < 0) return;
        const line = unread.slice(0, at);
        unread = unread.slice(at + end.length);
        if (isLetter) letters.push(line);
        isLetter = !isLetter && /^DATA/i.test(line);
        socket.write(isLetter ? "354 go on\r\n" : /^QUIT/i.test(line) ? "221 bye\r\n" : "250 ok\r\n");
      }
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `smtp://127.0.0.1:${port}`, letters };
}

/** The text of a letter as its reader sees it: quoted-printable or base64 undone. */
export function textOf(letter: string): string {
  const at = letter.indexOf("\r\n\r\n");
  const [header, body] = [letter.slice(0, at), letter.slice(at + 4)];
  if (/transfer-encoding: base64/i.test(header)) return Buffer.from(body, "base64").toString("utf8");
  if (!/transfer-encoding: quoted-printable/i.test(header)) return body;
  const bytes = body
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
