/**
 * The processor time that this process has used, in milliseconds. A test that bounds what something costs measures it with
 * this, not with the clock, which goes on while the machine does other work.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
