/** Where a service is reached. */
export type Address = Readonly<{
  url: string;
  host: string;
  port: number | null;
  /** File of its replicas, where it may have several. */
  endpoints?: string;
}>;
