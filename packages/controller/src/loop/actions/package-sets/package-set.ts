/** The installed dependencies of a service, of one language, and their lock. */
import type { Service } from '@fettle/core/stack/service';

export type PackageSet = Readonly<{
  kind: 'npm' | 'pip';
  /** What a person would type in the service's folder. */
  command: string;
  /** What is missing to restore it without the network; null: nothing. */
  lacks: string | null;
  /** Hash of the lock file. */
  lock(): string;
  /** `place` names where the former set is kept. May be asked again after a crash. */
  install(place: string, signal: AbortSignal): Promise<void>;
  isInstalled(place: string): boolean;
  /** One clause about what was put back. */
  putBack(place: string): string;
}>;

/** null: the service has no such dependencies. */
export type OpenPackageSet = (
  service: Service,
  env: Readonly<Record<string, string | undefined>>,
) => PackageSet | null;
