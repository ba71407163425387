// A macro (https://bun.com/docs/bundler/macros): the executable carries the script, not its sources.
import { bundleCapture } from "./bundle.ts" with { type: "macro" };

/** The script that sites include, as it is served. */
export const captureScript: string = bundleCapture();
