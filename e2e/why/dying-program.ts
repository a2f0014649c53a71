/**
 * A real program that dies (or hangs) in one known way, and what "why" must say about it.
 *
 * The same programs are spawned directly, run through `./fettle up`, and record the golden output
 * that the rules' unit tests read.
 */
export type DyingProgram = Readonly<{
  /** Service name, and the name of its golden file. */
  name: string;
  /** Rule id, as in docs/why.md. */
  cause: string;
  /** What the sentence must say. */
  sentence: RegExp;
  files?: Readonly<Record<string, string>>;
  /** `node` and `python3` are found on the PATH. */
  command: readonly string[];
  /** Left out where it is not installed. */
  needs?: 'python3' | 'java' | 'curl' | 'unshare';
  /** Python modules that must be importable. */
  modules?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** Not executable for a plain user, or the other way round: root may write anywhere. */
  unless?: 'root';
  /** Left out of the stack run: it needs the outside world to act. */
  directOnly?: boolean;
  /** Signal that the harness sends from outside once the program said `ready`. */
  signal?: NodeJS.Signals;
}>;
