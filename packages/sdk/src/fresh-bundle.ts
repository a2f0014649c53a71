/** Is a bundle at least as new as what the compiler wrote of the packages that are in it? */
import { statSync } from 'node:fs';

/** `packages`: the folder that holds them. The compiler touches a package's .tsbuildinfo with it. */
export function isFreshBundle(bundle: URL, packages: URL, names: readonly string[]): boolean {
  const bundledMs = modifiedMs(bundle);
  return (
    bundledMs > 0 &&
    names.every((name) => modifiedMs(new URL(`${name}/dist/.tsbuildinfo`, packages)) <= bundledMs)
  );
}

function modifiedMs(file: URL): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
