/** What one program of a generated stack is: its source, its settings, its entry in the config. */
import type { AccessFormat, Style, Voice } from './wording.ts';

export const parts = [
  'database',
  'api',
  'front',
  'worker',
  'consumer',
  'writer',
  'peer',
  'bridge',
  'secure',
  'customers',
  'batch',
] as const;
export type Part = (typeof parts)[number];
export type Language = 'node' | 'python' | 'sh' | 'redis';

/** Read by the program itself, beside its source; nothing of it is in its command or environment. */
export type Settings = Readonly<
  {
    name: string;
    /** Folder of the files by which a drill makes it misbehave. */
    controls: string;
    style: Style;
    voice: Voice;
    logger: string;
    access: AccessFormat | null;
    /** Absolute path of its configuration file. */
    config: string;
    /** Keys that the configuration must have. */
    wanted: readonly string[];
    /** Exit status when it refuses its configuration. */
    refusal: number;
    health: string | null;
  } & Readonly<Record<string, unknown>>
>;

export type ProgramPlan = Readonly<{
  part: Part;
  service: string;
  language: Language;
  /** Source in `programs/`, without its ending. */
  source: string;
  /** Name of its file in the stack, without its ending. */
  file: string;
  settings: Settings;
  config: Readonly<Record<string, unknown>>;
  /** Variables of its env file; null: it has none. */
  env: Readonly<Record<string, string>> | null;
  /** Name of a package of its own that it imports; null: none. */
  module: string | null;
  /** As in the config, without its command. */
  definition: Readonly<Record<string, unknown>>;
}>;

/** A stack that was drawn, not yet written. */
export type StackPlan = Readonly<{
  name: string;
  dir: string;
  controls: string;
  programs: readonly ProgramPlan[];
  databasePort: number;
  /** Where the link of the far API leads in: the port of the fault proxy. */
  linkPort: number;
  /** An outside service that is nice to have; null: none. */
  partner: Readonly<{ service: string; port: number }> | null;
  /** Folder where a small disk is mounted, when it can be. */
  disk: string;
}>;
