/** The testing kit of the plugin contract. */
export { problemDocument } from "./problem.ts";
