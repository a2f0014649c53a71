/** The documents of reported errors: what a sender gets back, and what was reported, by group. */

/** `POST /api/v1/errors`, status 202: so many reports are on disk. */
export type ErrorReceiptDocument = Readonly<{
  schema: 'fettle.error-receipt/v1';
  accepted: number;
}>;

/** `GET /api/v1/errors`: newest first. */
export type ErrorsDocument = Readonly<{
  schema: 'fettle.errors/v1';
  groups: readonly ErrorGroup[];
}>;

/** All reports with one fingerprint from one service; the texts are those of the newest. */
export type ErrorGroup = Readonly<{
  fingerprint: string;
  /** null: the sender did not say. */
  service: string | null;
  message: string;
  stack: string | null;
  release: string | null;
  count: number;
  firstAt: string;
  lastAt: string;
}>;
