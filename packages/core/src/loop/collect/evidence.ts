/** One fact that speaks for or against something, in words for people, with its time and origin. */

export type Evidence = Readonly<{
  /** `exit log check port process series template change dependency config disk network history`. */
  kind: string;
  /** One clause, redacted, at most 600 characters. */
  text: string;
  /** Epoch ms; null: not known. */
  atMs: number | null;
}>;
