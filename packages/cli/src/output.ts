/**
 * Where words go: data to stdout, talk to stderr. The only file that writes to either.
 *
 * A reader that closed the pipe early (`| head`) ends us quietly with what was asked so far.
 */
import { fitCharset } from './terminal/ascii.ts';
import { decideLook, type ColorChoice, type Look } from './terminal/look.ts';

export type Output = Readonly<{
  look: Look;
  talkLook: Look;
  /** Data, as it is. */
  print(text: string): void;
  /** Resolves when the reader took what was printed: for more than a screenful. */
  drained(): Promise<void>;
  /** Talk: a line to stderr, unless `--quiet`. */
  say(line: string): void;
  /** Talk that `--quiet` does not silence: errors. */
  complain(text: string): void;
  /** Talk for `--verbose` only. */
  detail(line: string): void;
  /** One document; indented for people on a terminal. */
  json(document: unknown): void;
}>;

export type OutputOptions = Readonly<{
  env: Readonly<Record<string, string | undefined>>;
  color: ColorChoice;
  quiet: boolean;
  verbose: boolean;
}>;

export type OutputStream = Readonly<{
  isTTY?: boolean;
  columns?: number;
  write(text: string): boolean;
  writableNeedDrain?: boolean;
  once?(event: 'drain' | 'close', listener: () => void): unknown;
  off?(event: 'drain' | 'close', listener: () => void): unknown;
}>;

export function createOutput(
  streams: Readonly<{ stdout: OutputStream; stderr: OutputStream }>,
  options: OutputOptions,
): Output {
  const look = lookOf(streams.stdout, options);
  const talkLook = lookOf(streams.stderr, options);
  const talk = (line: string): void => {
    streams.stderr.write(`${fitCharset(line, talkLook.unicode)}\n`);
  };
  return {
    look,
    talkLook,
    print: (text) => void streams.stdout.write(text),
    drained: () => drained(streams.stdout),
    say: (line) => (options.quiet ? undefined : talk(line)),
    complain: (text) => void streams.stderr.write(text),
    detail: (line) => (options.verbose && !options.quiet ? talk(line) : undefined),
    json: (document) =>
      void streams.stdout.write(
        `${look.tty ? JSON.stringify(document, null, 2) : JSON.stringify(document)}\n`,
      ),
  };
}

function drained(stream: OutputStream): Promise<void> {
  if (stream.writableNeedDrain !== true) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    stream.off?.('drain', done);
    stream.off?.('close', done);
    resolve();
  };
  stream.once?.('drain', done);
  stream.once?.('close', done);
  return promise;
}

function lookOf(stream: OutputStream, options: OutputOptions): Look {
  return decideLook({
    env: options.env,
    isTty: stream.isTTY === true,
    terminalColumns: stream.columns ?? null,
    choice: options.color,
  });
}
