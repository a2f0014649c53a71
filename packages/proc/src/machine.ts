/** Facts of the machine: boot, memory, limits, load. Sources: proc(5), proc_meminfo(5). */
import { readSmallText } from './small-file.ts';

/** Changes with each boot, voiding every pid noted before; empty where unreadable. */
export function readBootId(): string {
  return readSmallText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** systemd's or D-Bus's id of this installation; empty where there is none. */
export function readMachineId(): string {
  const id = readSmallText('/etc/machine-id') ?? readSmallText('/var/lib/dbus/machine-id');
  return id?.trim() ?? '';
}

export type MemoryInfo = Readonly<{
  totalBytes: number;
  /** What can be used without swapping. */
  availableBytes: number;
  swapTotalBytes: number;
  swapFreeBytes: number;
}>;

export function readMemoryInfo(): MemoryInfo | null {
  const text = readSmallText('/proc/meminfo');
  if (text === null) return null;
  const bytes = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1_024;
  return {
    totalBytes: bytes('MemTotal'),
    availableBytes: bytes('MemAvailable'),
    swapTotalBytes: bytes('SwapTotal'),
    swapFreeBytes: bytes('SwapFree'),
  };
}

/** Soft and hard limit; null: unlimited. */
export type Limit = Readonly<{ soft: number | null; hard: number | null }>;
export type ProcessLimits = Readonly<{ openFiles: Limit; processes: Limit }>;

export function readProcessLimits(pid: number | 'self' = 'self'): ProcessLimits | null {
  const text = readSmallText(`/proc/${pid}/limits`);
  if (text === null) return null;
  const limit = (title: string): Limit => {
    const [, soft, hard] = new RegExp(`^${title}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(text) ?? [];
    return { soft: limitValue(soft), hard: limitValue(hard) };
  };
  return { openFiles: limit('Max open files'), processes: limit('Max processes') };
}

/** Resident bytes of the calling process as the kernel counts them. */
export function readOwnRssBytes(): number {
  const pages = readSmallText('/proc/self/statm')?.split(' ')[1];
  return Number(pages ?? 0) * 4_096;
}

function limitValue(text: string | undefined): number | null {
  return text === undefined || text === 'unlimited' ? null : Number(text);
}
