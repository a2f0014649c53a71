/**
 * CPU time of this thread, ms: what a look cost us, however crowded the machine was meanwhile. Wall
 * time would make us look away just when others take the cores and watching matters.
 */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
