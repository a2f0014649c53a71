/**
 * Runs the renewal hook that the label `fettle.renew` names, in the service's folder and
 * environment. The certificate and the other watched files of the service are kept before, and put
 * back by the way back.
 */
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { failed, noMeans } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import { counted } from './counted.ts';
import type { ActionWorld } from './action-world.ts';
import { putFile, readFileState } from './file-swap.ts';
import { hashOf } from './kept-bytes.ts';
import { runCommand } from './run-command.ts';
import { serviceOf, targetOf } from './supervised-service.ts';
import { filesOf, shown } from './swap-files.ts';

const label = 'fettle.renew';

const captured = z.object({
  files: z.array(
    z.object({ path: z.string(), hash: z.string(), mode: z.int(), uid: z.int(), gid: z.int() }),
  ),
});

export const certRenew: Action = {
  name: 'cert.renew',
  describe: (params) => `renew the certificate of ${targetOf(params)}`,
  plan(params, world) {
    const target = targetOf(params);
    const hook = serviceOf(world, target).labels[label];
    const text = `renew the certificate of ${target} by its hook`;
    const lacks = hook === undefined ? `the label ${label} with a renewal command` : null;
    return Promise.resolve(plan(text, hook ?? `renew it by hand`, [target], lacks));
  },
  capture(params, world): Promise<Value> {
    if (serviceOf(world, targetOf(params)).labels[label] === undefined)
      throw noMeans(`${targetOf(params)} has no renewal hook`, `Name one by the label ${label}.`);
    const files = certificateFiles(params, world).flatMap((path) => {
      const now = readFileState(path);
      if (now === null) return [];
      const { mode, uid, gid, bytes } = now;
      return [{ path, hash: world.kept.keep(bytes), mode, uid, gid }];
    });
    return Promise.resolve({ files });
  },
  async apply(params, capture, { world, signal }) {
    const { labels, workingDir, environment } = serviceOf(world, targetOf(params));
    const hook = labels[label] ?? '';
    const env = { ...world.env, ...environment };
    const argv = ['/bin/sh', '-c', hook];
    const { code, output } = await runCommand({ argv, cwd: workingDir, env, signal });
    if (code !== 0) throw failed(`the hook ended with ${String(code)}: ${output}`);
    const { files } = captured.parse(capture);
    const renewed = files.filter(({ path, hash }) => hashNow(path) !== hash);
    const names = renewed.map(({ path }) => shown(path, world)).join(', ');
    return names === '' ? 'the hook ran and changed no watched file' : `${names} renewed`;
  },
  undo(_params, capture, { world }) {
    const { files } = captured.parse(capture);
    const differing = files.filter(({ path, hash }) => hashNow(path) !== hash);
    for (const { path, hash, mode, uid, gid } of differing) {
      const bytes = world.kept.read(hash);
      if (bytes === null) throw noMeans(`the former bytes of ${path} are gone`, 'Renew it again.');
      putFile(path, bytes, { mode, uid, gid });
    }
    return Promise.resolve(`${counted(differing.length, 'file')} put back`);
  },
  observe(_params, capture) {
    const { files } = captured.parse(capture);
    const isRenewed = files.some(({ path, hash }) => hashNow(path) !== hash);
    return Promise.resolve(isRenewed ? 'done' : 'unknown');
  },
};

/** The place that the diagnosis names, when it is a file, and the watched ones. */
function certificateFiles(params: ActParams, world: ActionWorld): readonly string[] {
  const { name, workingDir } = serviceOf(world, targetOf(params));
  const watched = world.ledger === null ? [] : filesOf(name, world).map(({ path }) => path);
  const { place } = params;
  const isFile = typeof place === 'string' && (isAbsolute(place) || place.includes('/'));
  const named = isFile ? resolve(workingDir, place) : null;
  // A place that is not watched is not ours to write back.
  return watched.filter((path) => path === named || /\.(pem|crt|cer|key|p12|pfx)$/i.test(path));
}

function hashNow(path: string): string | null {
  const now = readFileState(path);
  return now === null ? null : hashOf(now.bytes);
}
