/** The change ledger's row: who changed what, so that a diagnosis can ask what came before. */

export type ChangeKind =
  | 'config'
  | 'file'
  | 'secret'
  | 'deploy'
  | 'flag'
  | 'scale'
  | 'port'
  | 'command'
  | 'runbook'
  | 'drill';

export type Change = Readonly<{
  atMs: number;
  kind: ChangeKind;
  /** null: the whole stack or the host. */
  service: string | null;
  /** `operator`, `fettle`, `file system`, a login. */
  actor: string;
  /** One clause: `config/api.json edited`. */
  text: string;
  /** The file that changed, absolute; null for other changes. */
  path: string | null;
}>;
