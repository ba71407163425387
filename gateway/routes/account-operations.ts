import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { finishProblems, pasteProblems } from "../../core/accounts/connect-account.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import {
  Account,
  AccountChange,
  BegunConnection,
  ConnectedAccount,
  ConnectionEnd,
  ConnectionStart,
  DisconnectedAccount,
  PastedToken,
} from "./account-shapes.ts";

const tags = ["Yandex accounts"];
const params = z.object({ account_id: z.string() });
const body = ["malformed_json", "invalid_field"] as const;

/** Begins a connection. */
export const connectAccount = createRoute({
  method: "post",
  path: "/v1/accounts/connect",
  operationId: "connectAccount",
  tags,
  ...guarded("administer"),
  summary: "Begin to connect a Yandex account",
  description:
    "The person opens `authorize_url` and allows the access. The browser that asked (it gets a cookie) comes back to `/oauth/yandex/callback`, which ends the connection; a program ends it by `POST /v1/accounts/callback`. It works once, for ten minutes.",
  request: {
    body: jsonBody(ConnectionStart, { description: "May be empty", example: { return_to: "/console/accounts" } }),
  },
  responses: {
    200: jsonResponse(BegunConnection, { description: "Where the person goes" }),
    ...problemResponses(...accessProblems, ...body, "oauth_application_missing", "not_found"),
  },
});

/** Ends a connection for a program. */
export const finishConnection = createRoute({
  method: "post",
  path: "/v1/accounts/callback",
  operationId: "finishConnection",
  tags,
  ...guarded("administer"),
  summary: "End a connection by the code that the browser was sent back with",
  description: "Only for whoever began it. Either the account is connected, or nothing is changed.",
  request: {
    body: jsonBody(ConnectionEnd, {
      description: "Both stand in the address that the browser was sent back to",
      example: { code: "b3f6a1c2d4e58790", state: "dQw4w9WgXcQdQw4w9WgXcQdQw4w9WgXcQdQw4w9WgXc" },
    }),
  },
  responses: {
    200: jsonResponse(ConnectedAccount, { description: "The account" }),
    ...problemResponses(...accessProblems, ...body, ...finishProblems),
  },
});

/** Connects an account by a token. */
export const pasteToken = createRoute({
  method: "post",
  path: "/v1/accounts",
  operationId: "addAccount",
  tags,
  ...guarded("administer"),
  summary: "Connect a Yandex account by a token",
  description:
    "Without an OAuth application. The token's login and right to read are checked before it is kept. Such a token cannot be renewed.",
  request: { body: jsonBody(PastedToken, { description: "The token", example: { token: "y0_AgAAAABexample" } }) },
  responses: {
    200: jsonResponse(ConnectedAccount, { description: "An account that was known, with its new token" }),
    201: jsonResponse(ConnectedAccount, { description: "The new account" }),
    ...problemResponses(...accessProblems, ...body, ...pasteProblems),
  },
});

/** Lists the accounts of a workspace. */
export const listAccounts = createRoute({
  method: "get",
  path: "/v1/accounts",
  operationId: "listAccounts",
  tags,
  ...guarded("read"),
  summary: "List Yandex accounts, oldest first",
  responses: {
    200: jsonResponse(v.object({ data: v.array(Account) }), { description: "All, disconnected ones too" }),
    ...problemResponses(...accessProblems),
  },
});

/** Reads one account. */
export const readAccount = createRoute({
  method: "get",
  path: "/v1/accounts/{account_id}",
  operationId: "readAccount",
  tags,
  ...guarded("read"),
  summary: "Read a Yandex account",
  request: { params },
  responses: {
    200: jsonResponse(Account, { description: "The account; its tokens are never shown" }),
    ...problemResponses(...accessProblems, "not_found"),
  },
});

/** Names an account. */
export const changeAccount = createRoute({
  method: "patch",
  path: "/v1/accounts/{account_id}",
  operationId: "changeAccount",
  tags,
  ...guarded("administer"),
  summary: "Name a Yandex account",
  request: { params, body: jsonBody(AccountChange, { description: "The name", example: { name: "Client A" } }) },
  responses: {
    200: jsonResponse(Account, { description: "The account as it is now" }),
    ...problemResponses(...accessProblems, ...body, "not_found"),
  },
});

/** Disconnects an account. */
export const disconnect = createRoute({
  method: "delete",
  path: "/v1/accounts/{account_id}",
  operationId: "disconnectAccount",
  tags,
  ...guarded("administer"),
  summary: "Disconnect a Yandex account",
  description:
    "Its token is revoked at Yandex where that can be done, and destroyed here. Its sources stay, go on taking conversions, and wait; connected anew, it sends them.",
  request: { params },
  responses: {
    200: jsonResponse(DisconnectedAccount, { description: "What became of the token, and what waits" }),
    ...problemResponses(...accessProblems, "not_found", "account_disconnected"),
  },
});
