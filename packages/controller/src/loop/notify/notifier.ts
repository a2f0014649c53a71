/**
 * What a notifier is: it takes one message to one receiver, once, and says what came of it. Trying
 * again, the order of messages and the log of deliveries are `post.ts`'s. Adding one is one file,
 * its test, and one line in `all.ts`.
 */

/** CloudEvents 1.0, structured mode. Source: https://github.com/cloudevents/spec, v1.0.2. */
export type CloudEvent = Readonly<{
  specversion: '1.0';
  /** Of this very event: `INC-17.3`. */
  id: string;
  source: string;
  type: string;
  /** The incident: receivers thread by it, or edit what they showed. */
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  /** Grows with each event of a subject; extension `sequence`, ordered as text. */
  sequence: string;
  data: Readonly<Record<string, unknown>>;
}>;

export type Parcel = Readonly<{
  /** The same for each attempt. */
  id: string;
  /** The event as text: what is signed is what is sent. */
  body: string;
  to: string;
  /** null: unsigned. */
  secret: string | null;
  /** Wall clock of this attempt, epoch ms. */
  nowMs: number;
  signal: AbortSignal;
}>;

export type Sent =
  | Readonly<{ kind: 'delivered'; status: number }>
  /** `afterMs`: the receiver asked for so much patience; null: it did not say. */
  | Readonly<{ kind: 'failed'; status: number | null; error: string; afterMs: number | null }>
  /** The receiver wants no more of these. */
  | Readonly<{ kind: 'gone'; status: number }>;

export type Notifier = Readonly<{
  name: string;
  send(parcel: Parcel): Promise<Sent>;
}>;
