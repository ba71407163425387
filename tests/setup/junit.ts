/** What a report of `bun test --reporter=junit` tells. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Each test that failed: its file and its sentence. */
  readonly failures: readonly string[];
  /** The file of each test that was skipped. */
  readonly skippedIn: readonly string[];
}

/** Reads a report; of one that was never written, which tells nothing, all is zero. */
export async function readReport(path: string): Promise<Report> {
  const file = Bun.file(path);
  const xml = (await file.exists()) ? await file.text() : "";
  const [total = ""] = /<testsuites[^>]*>/.exec(xml) ?? [];
  const count = (name: string) => Number(attribute(total, name));
  const [tests, failed, skipped] = [count("tests"), count("failures"), count("skipped")];
  return {
    ...{ passed: tests - failed - skipped, failed, skipped },
    failures: testsWith(xml, "failure").map((test) => {
      const suite = attribute(test, "classname");
      return `${attribute(test, "file")}: ${suite === "" ? "" : `${suite} > `}${attribute(test, "name")}`;
    }),
    skippedIn: testsWith(xml, "skipped").map((test) => attribute(test, "file")),
  };
}

/** The opening tags of tests whose first word is this; in attributes `<` and `>` stand escaped. */
function testsWith(xml: string, word: "failure" | "skipped"): readonly string[] {
  return [...xml.matchAll(new RegExp(`(<testcase [^>]*)>\\s*<${word}\\b`, "g"))].map(([, tag = ""]) => tag);
}

function attribute(tag: string, name: string): string {
  const escaped = new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
  return escaped.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? "");
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
