import { createHash } from "node:crypto";
import {
  createRoute,
  defineSource,
  jsonResponse,
  problemResponses,
  Receipt,
  type SenderVerifier,
  type SourcePlugin,
  z,
} from "metrika-gateway/plugin";
import * as v from "valibot";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { defaultOptions } from "../../core/sources/default-options.ts";
import type { SourceSecret } from "../../core/sources/source-secret.ts";
import type { SourceRecord } from "../../core/store/store.ts";
import type { TestGateway } from "./gateway.ts";

/** What the test plugin's source is configured with. */
const Config = v.object({ scheme: v.optional(v.string()) });

const Body = v.object({ conversions: v.optional(v.array(v.looseObject({})), []) });

/**
 * A plugin whose senders prove themselves as the test wants. It takes `conversions` of JSON or of a form, at
 * `/sources/{name}/{source_id}` and, with a secret behind it, at `/sources/{name}/{source_id}/{secret}`.
 */
export function signedPlugin(
  name: string,
  verify: SenderVerifier | ((config: v.InferOutput<typeof Config>) => SenderVerifier),
): SourcePlugin {
  const route = (path: string) =>
    createRoute({
      method: "post",
      path,
      operationId: `post_${name}_${path.length}`,
      request: { params: z.object({ source_id: z.string() }) },
      responses: {
        202: jsonResponse(Receipt, { description: "Accepted" }),
        ...problemResponses("secret_missing", "secret_wrong", "signature_missing", "signature_wrong", "malformed_form"),
      },
    });
  return defineSource<v.InferOutput<typeof Config>>({
    ...{ apiVersion: 1, name, version: "1.0.0", config: Config, verify },
    title: { ru: name, en: name },
    summary: { ru: name, en: name },
    routes(router) {
      for (const path of ["/{source_id}", "/{source_id}/{secret}"]) {
        router.intake(route(path), async (c, source, sender) => {
          const { conversions } = v.parse(Body, await sender.readForm());
          const key = sender.idempotencyKey;
          const bodyHash = createHash("sha256")
            .update(await sender.raw())
            .digest("base64url");
          const idempotency = key === null ? null : { key, bodyHash };
          return c.json(source.receiptAnswer(await source.emit(conversions, { idempotency }), sender.language), 202);
        });
      }
    },
  });
}

/** Makes a source of a plugin, with its secret. */
export async function createSource(
  { gateway }: TestGateway,
  plugin: string,
  secret: SourceSecret,
  config: SourceRecord["config"] = {},
): Promise<SourceRecord> {
  const { source } = await gateway.sources.create(gateway.store.installation.workspaceId, {
    ...{ plugin, config, secret, name: plugin, description: null, counterId: demo.counterId },
    access: { kind: "token", token: demo.token },
    ...{ timeZone: null, defaultCurrency: null, language: "en" },
    options: defaultOptions,
  });
  return source;
}
