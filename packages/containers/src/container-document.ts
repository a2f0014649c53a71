/** What we read of the engine's documents. Source: Docker Engine API 1.41, ContainerInspect. */

export type ContainerDocument = Readonly<{
  Id: string;
  Name: string;
  Image: string;
  State: Readonly<{
    Status: string;
    Running: boolean;
    Paused: boolean;
    OOMKilled: boolean;
    Pid: number;
    ExitCode: number;
    Error: string;
    /** RFC 3339; year 1: never. */
    StartedAt: string;
    FinishedAt: string;
    Health?: Readonly<{ Status: string; Log?: readonly Readonly<{ Output: string }>[] | null }>;
  }>;
  Config: Readonly<{
    StopSignal?: string;
    Tty: boolean;
    Labels: Readonly<Record<string, string>> | null;
  }>;
  Mounts: readonly Readonly<{ Type: string; Name?: string; Destination: string }>[];
}>;

export type ContainerRow = Readonly<{
  Id: string;
  Names: readonly string[];
  State: string;
  Created: number;
  Labels: Readonly<Record<string, string>>;
}>;

export type EngineEvent = Readonly<{
  Type: string;
  Action: string;
  Actor: Readonly<{ ID: string; Attributes: Readonly<Record<string, string>> }>;
  timeNano: number;
}>;

export function filters(record: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify(record);
}
