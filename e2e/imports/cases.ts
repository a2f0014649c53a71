/**
 * The files of other tools that the import promise is measured on: what each must become. Written
 * for this purpose in the shape of real ones; `data/programs` lies beside each, so that many run.
 */
export type Format =
  | 'compose'
  | 'procfile'
  | 'pm2'
  | 'process-compose'
  | 'supervisord'
  | 'systemd'
  | 'package';

export type Case = Readonly<{
  format: Format;
  /** Folder below `data/<format>`. */
  name: string;
  /** File to be named by `-f`, or `.` for the folder itself. */
  main: string;
  /** Service names in order. */
  services: readonly string[];
  /** Directives without a word here, as `service directive`, or `directive` of the whole file. */
  kept: readonly string[];
  /** Its programs are there: it is started, not only checked. */
  starts: boolean;
  /** Environment that it wants. */
  env?: Readonly<Record<string, string>>;
}>;

const of =
  (format: Format) =>
  (
    name: string,
    main: string,
    services: string,
    more: Readonly<{ kept?: readonly string[]; starts?: boolean; env?: Case['env'] }> = {},
  ): Case => ({
    format,
    name,
    main,
    services: services.split(' '),
    kept: more.kept ?? [],
    starts: more.starts ?? false,
    ...(more.env === undefined ? {} : { env: more.env }),
  });

const compose = of('compose');
const procfile = of('procfile');
const processCompose = of('process-compose');
const pm2 = of('pm2');
const supervisord = of('supervisord');
const systemd = of('systemd');
const packageJson = of('package');

export const cases: readonly Case[] = [
  compose('anchors', 'compose.yaml', 'web worker', { starts: true }),
  compose('conditions', 'compose.yaml', 'migrate db api cache', { starts: true }),
  compose('container-keys', 'compose.yaml', 'app', {
    kept: [
      'app container_name',
      'app networks',
      'app volumes',
      'app logging',
      'app user',
      'app init',
      'networks',
    ],
    starts: true,
  }),
  compose('env-files', 'compose.yml', 'api', { starts: true }),
  compose('extends', 'compose.yaml', 'base other', { starts: true }),
  compose('images', 'compose.yaml', 'db cache api'),
  compose('images-anchors', 'docker-compose.yml', 'search queue', {
    kept: ['search frobnicate_more', 'queue logging', 'queue networks', 'networks'],
  }),
  compose('include', 'compose.yaml', 'api search', { starts: true }),
  compose('limits', 'compose.yaml', 'busy', { starts: true }),
  compose('multi-line', 'docker-compose.yml', 'folded shell text', { starts: true }),
  compose('override', 'compose.yaml', 'api', { starts: true }),
  compose('profiles', 'compose.yaml', 'api', { starts: true }),
  compose('unknown', 'compose.yaml', 'web worker', {
    kept: ['web frobnicate', 'web restart_always', 'web deploy.turbo', 'unknown_section'],
  }),
  procfile('django', 'Procfile', 'release web worker beat flower'),
  procfile('foreman', 'Procfile', 'web worker', { starts: true }),
  procfile('go-dotenv', 'Procfile', 'api gateway'),
  procfile('heroku-release', 'Procfile', 'release web clock', { starts: true }),
  procfile('java', 'Procfile', 'web worker'),
  procfile('many', 'Procfile', 'web_1 web-2 w3 billing_worker search-indexer mailer ticker web', {
    starts: true,
  }),
  procfile('operators', 'Procfile', 'web watch both redirect', { starts: true }),
  procfile('overmind', 'Procfile', 'backend frontend', { starts: true }),
  procfile('quotes', 'Procfile', 'api plain money', { starts: true }),
  procfile('rails', 'Procfile.dev', 'web js css worker webpacker'),
  procfile('shared-port', 'Procfile', 'web worker mailer', { starts: true }),
  processCompose('anchors', 'process-compose.yaml', 'one two', {
    kept: ['x-defaults'],
    starts: true,
  }),
  processCompose('basic', 'process-compose.yaml', 'migrate api worker', { starts: true }),
  processCompose('dotenv', 'process-compose.yaml', 'api', { starts: true }),
  processCompose('entrypoint', 'process-compose.yaml', 'list price', {
    kept: ['price is_elevated', 'price is_foreground'],
    starts: true,
  }),
  processCompose('log-ready', 'process-compose.yaml', 'db app', {
    kept: ['db is_tty', 'app log_location', 'log_level', 'log_length'],
    starts: true,
  }),
  processCompose('multi-line', 'process-compose.yml', 'setup loop bash', {
    kept: ['setup availability.restart'],
    starts: true,
  }),
  processCompose('namespaces', 'process-compose.yaml', 'web-front web-admin', {
    kept: ['is_strict'],
    starts: true,
  }),
  processCompose('override', 'process-compose.yaml', 'api extra', { starts: true }),
  processCompose('probes', 'process-compose.yaml', 'redis api', {
    kept: ['api launch_timeout_seconds'],
  }),
  processCompose('replicas', 'process-compose.yaml', 'worker scaler', {
    kept: ['worker is_daemon', 'scaler vars'],
    starts: true,
  }),
  processCompose('shared-port', 'process-compose.yaml', 'worker server', { starts: true }),
  pm2('cluster', 'ecosystem.config.js', 'api worker', {
    kept: ['api env_production', 'api listen_timeout', 'api wait_ready'],
    starts: true,
  }),
  pm2('computed', 'ecosystem.config.js', 'gateway orders search', {
    kept: [
      'gateway log_date_format',
      'orders log_date_format',
      'search log_date_format',
      'search stop_exit_codes',
      'search shutdown_with_message',
    ],
    starts: true,
  }),
  pm2('esm', 'ecosystem.config.mjs', 'web-v1.4.0 shop-worker', {
    kept: ['shop-worker vizion'],
    starts: true,
  }),
  pm2('interpreters', 'ecosystem.config.js', 'php bin ruby ts venv shell'),
  pm2('json', 'ecosystem.json', 'web tail', {
    kept: ['tail cron_restart', 'deploy'],
    starts: true,
  }),
  pm2('max-instances', 'ecosystem.config.js', 'all rest ports', { starts: true }),
  pm2('processes', 'processes.json', 'first second', {
    kept: ['first log_type', 'second pid_file'],
    starts: true,
  }),
  pm2('python', 'ecosystem.config.js', 'api jobs migrate nightly', { starts: true }),
  pm2('shared-env', 'ecosystem.config.cjs', 'web worker scheduler', {
    kept: [
      'web out_file',
      'web error_file',
      'worker out_file',
      'worker error_file',
      'scheduler out_file',
      'scheduler error_file',
    ],
    starts: true,
    env: { API_KEY: 'k3y' },
  }),
  pm2('single', 'pm2.config.js', 'only', { starts: true }),
  pm2('yaml', 'ecosystem.config.yml', 'api mail', {
    kept: ['mail source_map_support'],
    starts: true,
  }),
  supervisord('basic', 'supervisord.conf', 'web worker', {
    kept: [
      'unix_http_server',
      'supervisord',
      'rpcinterface:supervisor',
      'supervisorctl',
      'web startsecs',
      'web stdout_logfile',
      'web stdout_logfile_maxbytes',
      'worker exitcodes',
    ],
    starts: true,
  }),
  supervisord('django', 'supervisor.conf', 'gunicorn celery', {
    kept: [
      'gunicorn user',
      'gunicorn stdout_logfile',
      'gunicorn stderr_logfile',
      'celery priority',
    ],
  }),
  supervisord('dollars', 'supervisord.conf', 'literal', { starts: true }),
  supervisord('expansions', 'supervisord.conf', 'here', { starts: true }),
  supervisord('groups', 'supervisord.conf', 'front back alone', {
    kept: ['group:shop'],
    starts: true,
  }),
  supervisord('include', 'supervisord.conf', 'api jobs', {
    kept: ['supervisord', 'jobs priority', 'jobs umask'],
    starts: true,
  }),
  supervisord('listener', 'supervisord.conf', 'web', {
    kept: ['eventlistener:crashmail', 'fcgi-program:fast'],
    starts: true,
  }),
  supervisord('manual', 'supervisord.conf', 'web shell', {
    kept: ['migrate startsecs', 'shell user'],
    starts: true,
  }),
  supervisord('numbered', 'supervisord.conf', 'tornado-1 tornado-2 tornado-3', { starts: true }),
  supervisord('numprocs', 'supervisord.conf', 'laravel-worker', { kept: ['supervisord'] }),
  supervisord('shared-port', 'supervisord.conf', 'consumer http', { starts: true }),
  systemd('default-instance', '.', 'mail-smtp', {
    kept: ['mail-smtp Install.DefaultInstance'],
    starts: true,
  }),
  systemd('drop-in', '.', 'app', { kept: ['app Service.Restart'], starts: true }),
  systemd('env-files', '.', 'job', { starts: true }),
  systemd('forking', '.', 'legacy', {
    kept: [
      'legacy Service.Type',
      'legacy Unit.Conflicts',
      'legacy Service.PIDFile',
      'legacy Service.ExecReload',
      'legacy Service.KillMode',
    ],
  }),
  systemd('long-lines', '.', 'jvm', { kept: ['jvm Service.SuccessExitStatus'] }),
  systemd('oneshot', '.', 'backup', {
    kept: ['backup Service.User'],
    starts: true,
  }),
  systemd('set', '.', 'api database worker', {
    kept: ['worker Unit.After', 'worker Unit.PartOf'],
    starts: true,
  }),
  systemd('simple', '.', 'shop-api', {
    kept: [
      'shop-api Unit.After',
      'shop-api Unit.Wants',
      'shop-api Unit.Documentation',
      'shop-api Service.NoNewPrivileges',
      'shop-api Service.ProtectSystem',
      'shop-api Install.WantedBy',
    ],
    starts: true,
  }),
  systemd('socket', '.', 'echo', {
    kept: ['echo Unit.Requires', 'echo Service.StandardOutput', 'echo.socket'],
    starts: true,
  }),
  systemd('template', '.', 'worker-1 worker-2 worker-3', {
    kept: [
      'worker-1 Install.WantedBy',
      'worker-1 Install.DefaultInstance',
      'worker-2 Install.WantedBy',
      'worker-2 Install.DefaultInstance',
      'worker-3 Install.WantedBy',
      'worker-3 Install.DefaultInstance',
      'workers.target',
    ],
    starts: true,
  }),
  systemd('user', '.', 'notes', {
    kept: ['notes Service.Slice', 'notes Install.WantedBy'],
    starts: true,
  }),
  packageJson('chain', 'package.json', 'chain', { kept: ['scripts.prepare'], starts: true }),
  packageJson('concurrently', 'package.json', 'web api', {
    kept: ['scripts.dev -k', 'scripts.test'],
    starts: true,
  }),
  packageJson('dev-only', 'package.json', 'site', {
    kept: ['scripts.build', 'scripts.preview'],
    starts: true,
  }),
  packageJson('inline-port', 'package.json', 'web', { kept: ['scripts.build'], starts: true }),
  packageJson('npm-run-all', 'package.json', 'watch serve', { starts: true }),
  packageJson('pnpm', 'package.json', 'with-pnpm', { kept: ['scripts.dev'] }),
  packageJson('raw-programs', 'package.json', 'worker server', { starts: true }),
  packageJson('run-p', 'package.json', 'css js', {
    kept: ['scripts.start --print-label', 'scripts.build'],
    starts: true,
  }),
  packageJson('start', 'package.json', 'shop-api', {
    kept: ['scripts.test', 'scripts.lint'],
    starts: true,
  }),
  packageJson('wildcard', 'package.json', 'one two', {
    kept: ['scripts.dev --kill-others-on-fail'],
    starts: true,
  }),
  packageJson('workspaces', 'package.json', 'api web', { starts: true }),
];
