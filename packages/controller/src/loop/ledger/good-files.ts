/**
 * The ledger of files: which ones a service reads, when they changed, and the last version with
 * which it was well, so that an edit can be taken back.
 */

export type WatchedFile = Readonly<{
  /** Absolute. */
  path: string;
  kind: 'config' | 'secret' | 'file';
  secret: boolean;
}>;

export type GoodVersion = Readonly<{
  path: string;
  /** sha256 of the content, hex. */
  hash: string;
  bytes: number;
  keptAtMs: number;
}>;

/** What a file was before we wrote to it; plain data, the content is kept beside it by its hash. */
export type FileCapture = Readonly<{
  path: string;
  /** null: there was no file. */
  hash: string | null;
  mode: number;
}>;

export type FileState = Readonly<{
  /** null: not since it is watched. */
  changedAtMs: number | null;
  differsFromGood: boolean;
  hasGood: boolean;
}>;

export type GoodFiles = Readonly<{
  watched(service: string): readonly WatchedFile[];
  /** null: not watched. */
  state(service: string, path: string): FileState | null;
  /** null: none is kept. */
  goodVersion(service: string, path: string): GoodVersion | null;
  /** Puts the good version back. @throws FettleError E-FILE-NO-GOOD, E-FILE-WRITE */
  restoreGood(service: string, path: string): Promise<Readonly<{ capture: FileCapture }>>;
  /** The undo of the above. @throws FettleError E-FILE-WRITE */
  restore(capture: FileCapture): Promise<void>;
  stop(): Promise<void>;
}>;
