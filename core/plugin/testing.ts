/** What tests of a plugin use beside the contract. */
export { problemDocument } from "./problem.ts";
