/** Scalar's script, imported as the path at which it can be read. */
declare module "*/standalone.js" {
  const path: string;
  export default path;
}
