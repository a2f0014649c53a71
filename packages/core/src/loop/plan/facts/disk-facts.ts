/** What the last closer look found on disks: room, what may be freed, who holds deleted files. */
import type { MountExam, ServiceExam } from '../../collect/exam.ts';
import type { Value } from '../expression/expression.ts';
import type { ValueType } from '../expression/value-type.ts';
import type { FactParam, FactWorld, PictureFact } from './fact.ts';

const pathParam: FactParam = { name: 'path', type: 'string' };

/** What was found before that may be of an earlier trouble. */
const looksLiveMs = 300_000;

/** `@disk:/data` and `/data/x` are both on the mount `/data`. The newest look at it wins. */
function mountOf({ picture, nowMs }: FactWorld, path: Value | undefined): MountExam | null {
  if (typeof path !== 'string') return null;
  const wanted = path.replace(/^@disk:/, '');
  let best: Readonly<{ exam: ServiceExam; mount: MountExam }> | null = null;
  for (const { exam } of picture.services.values()) {
    if (exam === null || nowMs - exam.atMs > looksLiveMs) continue;
    for (const mount of exam.mounts) {
      const root = mount.path.endsWith('/') ? mount.path : `${mount.path}/`;
      if (wanted !== mount.path && !wanted.startsWith(root)) continue;
      const longer = mount.path.length - (best?.mount.path.length ?? 0);
      if (longer > 0 || (longer === 0 && exam.atMs > (best?.exam.atMs ?? 0)))
        best = { exam, mount };
    }
  }
  return best?.mount ?? null;
}

function diskFact(
  name: string,
  result: ValueType,
  [about, example]: readonly [string, string],
  answer: (mount: MountExam) => Value,
): PictureFact {
  return {
    name,
    params: [pathParam],
    result,
    about,
    example,
    source: 'picture',
    answer: (world, [path]) => {
      const mount = mountOf(world, path);
      return mount === null ? null : answer(mount);
    },
  };
}

const holderOf = ({ deletedOpen }: MountExam): string | null =>
  deletedOpen.toSorted((a, b) => b.bytes - a.bytes)[0]?.service ?? null;

export const diskFacts: readonly PictureFact[] = [
  diskFact(
    'disk_used',
    'number',
    [
      'Share of the mount that is used, as the last closer look found it; `disk_free` asks anew.',
      'disk_used(params.path) > 95%',
    ],
    ({ usedRatio }) => usedRatio,
  ),
  diskFact(
    'inodes_used',
    'number',
    ['Share of its inodes that is used.', 'inodes_used(params.path) > 95%'],
    ({ inodesUsedRatio }) => inodesUsedRatio,
  ),
  diskFact(
    'reclaimable',
    'bytes',
    ['What `cleanup:` allows to delete there.', 'reclaimable(params.path) > 10MB'],
    ({ reclaimable }) => reclaimable.bytes,
  ),
  diskFact(
    'reclaimable_files',
    'number',
    ['How many files that are.', 'reclaimable_files(params.path) > 0'],
    ({ reclaimable }) => reclaimable.files,
  ),
  diskFact(
    'deleted_open',
    'bytes',
    [
      'Bytes of files there that were deleted and are still held open.',
      'deleted_open(params.path) > 10MB',
    ],
    ({ deletedOpen }) => deletedOpen.reduce((sum, { bytes }) => sum + bytes, 0),
  ),
  diskFact(
    'deleted_holder',
    'string',
    ['The service that holds most of them.', "deleted_holder(params.path) == 'api'"],
    holderOf,
  ),
  diskFact(
    'top_writer',
    'string',
    ['The service whose log or files take most there.', "top_writer(params.path) == 'api'"],
    ({ topWriter }) => topWriter,
  ),
  diskFact(
    'read_only',
    'boolean',
    ['Is it mounted read-only?', 'not read_only(params.path)'],
    ({ readOnly }) => readOnly,
  ),
];
