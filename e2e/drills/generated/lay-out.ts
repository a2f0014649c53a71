/** Writes a drawn stack to its folder: programs, configuration, secrets, certificates, the config. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCertificate } from '../programs/renew.mjs';
import { drillPolicy } from '../heal-policy.ts';
import type { ProgramPlan, StackPlan } from './program-plan.ts';

const sources = join(import.meta.dirname, '..', 'programs');
const endings: Readonly<Record<string, string>> = { node: 'mjs', python: 'py', sh: 'sh' };
/** What a program of a language brings along beside its own source. */
const companions: Readonly<Record<string, readonly string[]>> = {
  node: ['kit.mjs', 'pool.mjs', 'tuning.mjs', 'voice.mjs'],
  python: ['kit.py', 'tuning.py', 'voice.py'],
};

/** `password` makes one for each client of the database; `more` are further keys of the config. */
export function layOut(plan: StackPlan, password: () => string, more: object = {}): void {
  for (const folder of ['conf', 'secrets', 'certs', 'tools', 'spool', 'data', 'apps'])
    mkdirSync(join(plan.dir, folder), { recursive: true });
  mkdirSync(plan.controls, { recursive: true });
  const users: Record<string, string> = {};
  for (const { service, settings } of plan.programs) {
    if (typeof settings['secret'] !== 'string') continue;
    users[service] = password();
    writeFileSync(settings['secret'], `${users[service]}\n`, { mode: 0o600 });
  }
  writeFileSync(usersFile(plan), `${JSON.stringify(users, null, 2)}\n`, { mode: 0o600 });
  cpSync(join(sources, 'renew.mjs'), join(plan.dir, 'tools', 'renew.mjs'));
  for (const program of plan.programs) writeProgram(plan, program, users);
  writeFileSync(
    join(plan.dir, 'fettle.json'),
    `${JSON.stringify({ ...configOf(plan), ...more }, null, 2)}\n`,
  );
}

type Users = Readonly<Record<string, string>>;

/** Who may log in to the database, and with what. */
export const usersFile = ({ dir }: StackPlan): string => join(dir, 'secrets', 'users.json');

function writeProgram(plan: StackPlan, program: ProgramPlan, users: Users): void {
  const { service, language, settings, config } = program;
  const folder = join(plan.dir, 'apps', service);
  mkdirSync(folder, { recursive: true });
  writeFileSync(settings.config, `${JSON.stringify(config, null, 2)}\n`);
  if (program.env !== null) writeFileSync(envFile(plan, program), envText(program.env));
  if (typeof settings['jobs'] === 'string') mkdirSync(settings['jobs'], { recursive: true });
  if (typeof settings['certificate'] === 'string') {
    mkdirSync(join(plan.dir, 'certs', service), { recursive: true });
    writeCertificate(join(plan.dir, 'certs', service), 90);
  }
  const ending = endings[language];
  if (ending === undefined) return writeRedis(plan, program, users);
  cpSync(join(sources, `${program.source}.${ending}`), join(folder, `${program.file}.${ending}`));
  for (const file of companions[language] ?? []) cpSync(join(sources, file), join(folder, file));
  cpSync(join(sources, 'with-env.sh'), join(folder, 'with-env.sh'));
  const text = JSON.stringify(settings, null, 2);
  if (language === 'node') writeFileSync(join(folder, 'settings.mjs'), `export default ${text};\n`);
  if (language === 'python')
    writeFileSync(
      join(folder, 'settings.py'),
      `import json\n\nsettings = json.loads(r"""${text}""")\n`,
    );
  if (program.module !== null) writePackage(folder, program.module);
}

export const envFile = ({ dir }: StackPlan, { service }: ProgramPlan): string =>
  join(dir, 'conf', `${service}.env`);

export const envText = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** Redis reads its own format; its users stand in its configuration. */
function writeRedis(plan: StackPlan, { settings, config }: ProgramPlan, users: Users): void {
  const lines = [
    `maxclients ${String(config['maxClients'])}`,
    'save ""',
    'enable-debug-command yes',
    'appendonly no',
    `dir ${join(plan.dir, 'data')}`,
    'user default off',
    ...Object.entries(users).map(([user, word]) => `user ${user} on >${word} ~* &* +@all`),
  ];
  writeFileSync(settings.config, `${lines.join('\n')}\n`);
}

/** A package that the program imports, its lock file, and where it can be installed from offline. */
function writePackage(folder: string, name: string): void {
  const vendor = join(folder, 'vendor', name);
  mkdirSync(vendor, { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  const own = { name, version: '1.2.0', type: 'module', main: 'index.js' };
  writeFileSync(join(vendor, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
  writeFileSync(join(vendor, 'index.js'), 'export default () => {};\n');
  const dependencies = { [name]: `file:vendor/${name}` };
  const root = { name: 'app', version: '1.0.0', dependencies };
  const lock = {
    ...root,
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': root,
      [`node_modules/${name}`]: { resolved: `vendor/${name}`, link: true },
      [`vendor/${name}`]: { name, version: '1.2.0' },
    },
  };
  delete (lock as { dependencies?: object }).dependencies;
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(root, null, 2)}\n`);
  writeFileSync(join(folder, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
  symlinkSync(`../vendor/${name}`, join(folder, 'node_modules', name));
}

/** The argv of a program, run in its own folder. */
function commandOf(plan: StackPlan, program: ProgramPlan): readonly string[] {
  const { language, file, settings } = program;
  if (language === 'redis')
    return ['redis-server', settings.config, '--port', String(plan.databasePort)];
  if (language === 'sh') return ['/bin/sh', `${file}.sh`, String(settings['jobs']), '0.5'];
  const own = language === 'node' ? ['node', `${file}.mjs`] : ['python3', '-u', `${file}.py`];
  return program.env === null
    ? own
    : ['/bin/sh', 'with-env.sh', `../../conf/${program.service}.env`, ...own];
}

/** Files that a program reads, by the name under which the config watches them. */
function watched(plan: StackPlan, program: ProgramPlan): Readonly<Record<string, string>> {
  const { service, settings } = program;
  return {
    [`${service}-conf`]: settings.config,
    ...(program.env === null ? {} : { [`${service}-env`]: envFile(plan, program) }),
    ...(typeof settings['certificate'] === 'string'
      ? { [`${service}-certificate`]: settings['certificate'] }
      : {}),
  };
}

function configOf(plan: StackPlan): object {
  const configs: Record<string, { file: string }> = {};
  const secrets: Record<string, { file: string }> = {};
  const services: Record<string, object> = {};
  for (const program of plan.programs) {
    const files = watched(plan, program);
    for (const [name, file] of Object.entries(files)) configs[name] = { file };
    const { secret } = program.settings;
    if (typeof secret === 'string') secrets[`${program.service}-password`] = { file: secret };
    services[program.service] = {
      command: commandOf(plan, program),
      working_dir: `apps/${program.service}`,
      ...program.definition,
      configs: Object.keys(files),
      ...(typeof program.settings['secret'] === 'string'
        ? { secrets: [`${program.service}-password`] }
        : {}),
    };
  }
  if (plan.partner !== null)
    services[plan.partner.service] = {
      external: true,
      url: `http://127.0.0.1:${plan.partner.port}`,
      required: false,
      health: { http: '/', interval: '2s', timeout: '1s' },
    };
  return {
    name: plan.name,
    heal: drillPolicy,
    configs,
    secrets,
    services,
  };
}
