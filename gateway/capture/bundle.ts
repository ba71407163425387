/**
 * The script for sites, bundled and minified: run while the module that calls it is built or loaded, never by a running
 * gateway that was built.
 * @throws with what the bundler says, where the sources are wrong
 */
export function bundleCapture(): string {
  // By the command: inside a macro `Bun.build` would wait for the bundler that waits for it, and says so.
  const { exitCode, stdout, stderr } = Bun.spawnSync([
    ...[process.execPath, "build", `${import.meta.dir}/page/main.ts`],
    ...["--target=browser", "--format=iife", "--minify"],
  ]);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}
