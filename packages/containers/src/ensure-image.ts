/** Sees to it that an image is there: as it is, fetched, or built from a folder. */
import type { Container } from '@fettle/core/stack/container';
import { contextTar } from './context-tar.ts';
import { type Engine, EngineFault } from './engine.ts';
import { readLines } from './read-lines.ts';

type Asked = Readonly<{ engine: Engine; container: Container; signal: AbortSignal }>;

/** The image's id. @throws EngineFault */
export async function ensureImage(asked: Asked): Promise<string> {
  const { engine, container } = asked;
  if (container.build !== null) {
    await build(asked);
    return mustHave(engine, container.image);
  }
  if (container.pull !== 'always') {
    const id = await imageId(engine, container.image);
    if (id !== null) return id;
    if (container.pull === 'never')
      throw new EngineFault(
        404,
        `image ${container.image} is not here, and pull_policy is never: docker load, or docker build`,
      );
  }
  await pull(asked);
  return mustHave(engine, container.image);
}

async function imageId(engine: Engine, image: string): Promise<string | null> {
  try {
    const path = `/images/${encodeURIComponent(image)}/json`;
    return (await engine.ask<Readonly<{ Id: string }>>('GET', path)).Id;
  } catch (error) {
    if (error instanceof EngineFault && error.status === 404) return null;
    throw error;
  }
}

async function mustHave(engine: Engine, image: string): Promise<string> {
  const id = await imageId(engine, image);
  if (id === null) throw new EngineFault(404, `image ${image} is not there after all`);
  return id;
}

async function pull({ engine, container, signal }: Asked): Promise<void> {
  const { image, platform } = container;
  const query = {
    fromImage: image,
    ...(hasTag(image) ? {} : { tag: 'latest' }),
    ...(platform === null ? {} : { platform }),
  };
  try {
    await finish(await engine.stream('POST', '/images/create', { query, signal }));
  } catch (error) {
    if (!(error instanceof EngineFault) || error.status === 0) throw error;
    const message = `image ${image} cannot be fetched: ${error.message}`;
    throw new EngineFault(error.status, `${message}; try: docker pull ${image}`, error);
  }
}

/** A colon before the last slash belongs to the registry's port. */
function hasTag(image: string): boolean {
  return image.includes('@') || /:[^/]+$/.test(image);
}

async function build({ engine, container, signal }: Asked): Promise<void> {
  const { image, platform } = container;
  const { context, dockerfile, target, args } = container.build!;
  const query = {
    t: image,
    rm: true,
    forcerm: true,
    dockerfile: dockerfile ?? 'Dockerfile',
    buildargs: JSON.stringify(args),
    ...(target === null ? {} : { target }),
    ...(platform === null ? {} : { platform }),
  };
  const raw = { type: 'application/x-tar', body: contextTar(context, dockerfile ?? 'Dockerfile') };
  try {
    await finish(await engine.stream('POST', '/build', { query, raw, signal }));
  } catch (error) {
    if (!(error instanceof EngineFault) || error.status === 0) throw error;
    const message = `image ${image} cannot be built from ${context}: ${error.message}`;
    throw new EngineFault(error.status, message, error);
  }
}

/** Both answer 200 at once and tell of a failure in their last line. */
async function finish(lines: AsyncIterable<Buffer>): Promise<void> {
  let fault: string | null = null;
  let last = '';
  await readLines(lines, ({ error, stream }) => {
    if (typeof error === 'string') fault = error;
    if (typeof stream === 'string' && stream.trim() !== '') last = stream.trim();
  });
  if (fault === null) return;
  throw new EngineFault(
    500,
    last === '' ? fault : `${String(fault)} (after: ${last.slice(0, 200)})`,
  );
}
