/**
 * Reads `policy.yaml`, the file beside the config that says how far Fettle may go alone. It is read
 * again whenever it changes, without restarting anything; its problems come with their places.
 */
import type { HealWish } from '@fettle/core/stack/heal-wish';
import { buildHealWish } from './build/heal.ts';
import { policyShape } from './keys/heal-keys.ts';
import { ProblemSink, type Problem } from './problem/problem.ts';
import { interpolateTree } from './source/interpolate-tree.ts';
import type { ConfigNode } from './source/node.ts';
import { parseYaml } from './source/parse-yaml.ts';
import { displayName, readSource } from './source/read-source.ts';

export type PolicyFile = Readonly<{
  /** null: there is no such file, or it has problems and must not be used. */
  heal: HealWish | null;
  /** Shares by capability; null likewise, and where it does not say. */
  selfHealing: Readonly<Record<string, number>> | null;
  problems: readonly Problem[];
}>;

export type PolicyOptions = Readonly<{
  /** Absolute. */
  path: string;
  /** Paths in messages are relative to it. */
  cwd: string;
  /** Names of the stack's services. */
  services: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
}>;

const nothing: PolicyFile = { heal: null, selfHealing: null, problems: [] };

export function readPolicy({ path, cwd, services, env }: PolicyOptions): PolicyFile {
  const sink = new ProblemSink();
  const read = readSource(path, cwd);
  if (!read.ok) {
    if (read.missing) return nothing;
    const source = { path, name: displayName(path, cwd), baseDir: cwd, text: '' };
    const { message, hint } = read;
    sink.add({
      code: 'E-CONFIG-READ',
      spot: { source, offset: 0, length: 1 },
      path: '',
      message,
      hint,
    });
    return { ...nothing, problems: sink.list('error') };
  }
  const root = parseYaml(read.source, sink);
  if (root === null) return { ...nothing, problems: sink.list('error') };
  const tree: ConfigNode = interpolateTree(root, (name) => env[name], sink);
  // An empty file says nothing, which is no mistake.
  if (tree.kind === 'scalar' && tree.value === null) return nothing;
  const fields = policyShape.read(tree, '', sink);
  if (fields === undefined) return { ...nothing, problems: sink.list('error') };
  const { self_healing: flags, ...heal } = fields;
  const wish = buildHealWish(heal, services, sink);
  const problems = sink.list('error');
  if (problems.length > 0) return { ...nothing, problems };
  return { heal: wish, selfHealing: flags?.value ?? null, problems };
}
