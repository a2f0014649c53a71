/** Reads the supervisor's command line. People do not type it: `fettle up` does. */
import { resolve } from 'node:path';
import { nodeUtil } from '@fettle/sdk/builtin';
import { FettleError } from '@fettle/sdk/fettle-error';

export type SupervisorArguments = Readonly<{
  stackDir: string;
  /** The controller's main.js; null: run without one (tests of the supervisor alone). */
  controllerPath: string | null;
  /** Adopt what a dead daemon left, stop it, and end. */
  ending: boolean;
}>;

export function parseArguments(args: readonly string[]): SupervisorArguments {
  const values = parseValues(args);
  if (values.stackDir === undefined || values.controller === undefined)
    throw usage('--stack-dir DIR and --controller PATH are needed');
  return {
    stackDir: resolve(values.stackDir),
    controllerPath: values.controller === 'none' ? null : resolve(values.controller),
    ending: values.ending,
  };
}

function parseValues(args: readonly string[]) {
  const options = {
    'stack-dir': { type: 'string' },
    controller: { type: 'string' },
    ending: { type: 'boolean' },
  } as const;
  try {
    const { values } = nodeUtil().parseArgs({ args: [...args], options });
    return {
      stackDir: values['stack-dir'],
      controller: values.controller,
      ending: values.ending === true,
    };
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause));
  }
}

function usage(message: string): FettleError {
  return new FettleError('E-USAGE', message, {
    hint: 'Start the daemon with "fettle up -d"; main.js --stack-dir DIR --controller PATH|none.',
    exitCode: 2,
  });
}
