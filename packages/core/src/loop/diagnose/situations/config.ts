/** Situations of what a service was given: settings, modules, addresses, secrets, certificates, time. */
import {
  changed,
  checkDown,
  ends,
  explained,
  gone,
  loops,
  of,
  says,
  shows,
  series,
} from '../situation.kit.ts';
import { endpoint, examined, file } from '../situation-exam.kit.ts';
import { nowMs, stackOf, type ServiceSketch } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const three: Readonly<Record<string, ServiceSketch>> = {
  vault: { kind: 'database', port: 6_432 },
  billing: { port: 7_300, needs: ['vault'] },
  portal: { port: 7_400, needs: ['billing'] },
};
const settings = '/srv/sketched/billing/settings.yaml';
const edited = (agoMs: number) =>
  file(settings, { differsFromGood: true, changedAtMs: nowMs - agoMs });

export const configSituations: readonly SituationCase[] = [
  {
    title: 'a settings file was edited and no longer parses (exit 78)',
    tell: () =>
      story(
        stackOf(three),
        (s) => changed(s, { agoMs: 30_000, path: settings, service: 'billing' }),
        (s) => loops(s, 'billing', 3, { code: 78 }),
        (s) =>
          says(
            s,
            'billing',
            'fatal: cannot parse settings.yaml: mapping values are not allowed here',
            { times: 3 },
          ),
        (s) => examined(s, 'billing', { processes: [], files: [edited(30_000)] }),
      ),
    is: 'bad_config',
    at: 'billing',
    not: ['crash_loop', 'missing_env'],
    params: { path: settings },
  },
  {
    title: 'a value out of range after an edit (Go, exit 1)',
    tell: () =>
      story(
        stackOf(three),
        (s) => changed(s, { agoMs: 40_000, path: settings, service: 'billing' }),
        (s) => loops(s, 'billing', 4, { code: 1 }),
        (s) =>
          says(s, 'billing', 'panic: invalid configuration: workers must be between 1 and 64', {
            times: 4,
          }),
        (s) => examined(s, 'billing', { processes: [], files: [edited(40_000)] }),
      ),
    is: 'bad_config',
    at: 'billing',
    not: ['crash_loop'],
  },
  {
    title: 'an environment variable is gone (Ruby)',
    tell: () =>
      story(
        stackOf(three),
        (s) => loops(s, 'billing', 4),
        (s) => says(s, 'billing', 'key not found: "PAYMENT_KEY" (KeyError)', { times: 4 }),
      ),
    is: 'missing_env',
    at: 'billing',
    not: ['bad_config', 'crash_loop'],
    params: { variable: 'PAYMENT_KEY' },
  },
  {
    title: 'an environment variable is gone (as why has it)',
    tell: () =>
      story(
        stackOf(three),
        (s) => loops(s, 'billing', 4),
        (s) =>
          explained(s, 'billing', 'missing-variable', {
            sentence: 'environment variable STRIPE_KEY is not set',
          }),
      ),
    is: 'missing_env',
    at: 'billing',
    not: ['crash_loop'],
    params: { variable: 'STRIPE_KEY' },
  },
  {
    title: 'a variable without an underscore is gone, and an older word of why says otherwise',
    tell: () =>
      story(
        stackOf(three),
        (s) => explained(s, 'billing', 'invalid-config-file', { agoMs: 200_000 }),
        (s) => loops(s, 'billing', 4),
        (s) => explained(s, 'billing', 'missing-variable', { sentence: 'REGION is not set' }),
        (s) =>
          says(s, 'billing', 'FATAL missing required environment variable REGION', { times: 4 }),
      ),
    is: 'missing_env',
    at: 'billing',
    not: ['bad_config', 'crash_loop'],
    params: { variable: 'REGION' },
  },
  {
    title: 'a variable was missing a while ago; now it is the settings file',
    tell: () =>
      story(
        stackOf(three),
        (s) => loops(s, 'billing', 6),
        (s) => says(s, 'billing', 'FATAL TENANT must be set', { times: 3, agoMs: 48_000 }),
        (s) => changed(s, { agoMs: 22_000, path: settings, service: 'billing' }),
        (s) =>
          says(s, 'billing', 'FATAL cannot parse settings.yaml: bad indentation', {
            times: 4,
            agoMs: 12_000,
          }),
        (s) => explained(s, 'billing', 'invalid-config-file'),
        (s) => examined(s, 'billing', { processes: [], files: [edited(22_000)] }),
      ),
    is: 'bad_config',
    at: 'billing',
    not: ['missing_env', 'crash_loop'],
  },
  {
    title: 'a module is not installed (Java)',
    tell: () =>
      story(
        stackOf(three),
        (s) => loops(s, 'billing', 3),
        (s) =>
          says(
            s,
            'billing',
            'Exception in thread "main" java.lang.NoClassDefFoundError: org/acme/Ledger',
            { times: 3 },
          ),
      ),
    is: 'missing_module',
    at: 'billing',
    not: ['crash_loop', 'bad_config'],
  },
  {
    title: 'a module is not installed (Python)',
    tell: () =>
      story(
        stackOf(three),
        (s) => loops(s, 'billing', 3),
        (s) => says(s, 'billing', "ModuleNotFoundError: No module named 'ledger'", { times: 3 }),
      ),
    is: 'missing_module',
    at: 'billing',
    not: ['crash_loop'],
    params: { module: 'ledger' },
  },
  {
    title: 'asks for its database at a wrong port after an edit',
    tell: () =>
      story(
        stackOf(three),
        (s) => changed(s, { agoMs: 40_000, path: settings, service: 'billing' }),
        (s) => checkDown(s, 'billing', 'HTTP 503'),
        (s) =>
          says(
            s,
            'billing',
            'psycopg.OperationalError: connection failed: connection to server at "127.0.0.1", port 6499 failed: Connection refused',
            { times: 5 },
          ),
        (s) =>
          examined(s, 'billing', {
            files: [edited(40_000)],
            endpoints: [
              endpoint('vault', 6_432),
              endpoint(null, 6_499, {
                from: 'log',
                tcp: 'refused',
                listening: false,
                clients: 0,
                answers: null,
              }),
            ],
          }),
      ),
    is: 'config_drift',
    at: 'billing',
    not: ['db_down', 'bad_config', 'net_refused_policy'],
    params: { peer: 'vault', port: 6_432, path: settings },
  },
  {
    title: 'asks for a service at an address on which it does not listen',
    tell: () =>
      story(
        stackOf(three),
        (s) => checkDown(s, 'portal', 'HTTP 502'),
        (s) => says(s, 'portal', 'Error: connect ECONNREFUSED 127.0.0.1:7301', { times: 5 }),
        (s) =>
          examined(s, 'portal', {
            endpoints: [
              endpoint('billing', 7_300),
              endpoint(null, 7_301, {
                from: 'log',
                tcp: 'refused',
                listening: false,
                answers: null,
              }),
            ],
          }),
      ),
    is: 'config_drift',
    at: 'portal',
    not: ['dependency_down', 'net_refused_policy'],
    params: { peer: 'billing', port: 7_300 },
  },
  {
    title: 'a certificate has ended',
    tell: () =>
      story(
        stackOf(three),
        (s) => shows(s, 'portal', 'certificate'),
        (s) =>
          examined(s, 'portal', {
            certificates: [{ place: '/etc/tls/portal.pem', notAfterMs: nowMs - 3_600_000 }],
          }),
      ),
    is: 'cert_expired',
    at: 'portal',
    not: ['cert_expiring', 'clock_skew'],
  },
  {
    title: 'a caller is shown a certificate that has ended (Go)',
    tell: () =>
      story(
        stackOf(three),
        (s) => checkDown(s, 'portal', 'HTTP 502'),
        (s) =>
          says(
            s,
            'portal',
            'Get "https://127.0.0.1:7300/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
            { times: 4 },
          ),
      ),
    is: 'cert_expired',
    at: 'billing',
    not: ['auth_secret_mismatch', 'link_resets', 'clock_skew'],
  },
  {
    title: 'a certificate ends soon',
    tell: () =>
      story(
        stackOf(three),
        (s) => shows(s, 'portal', 'certificate', { severity: 'warn' }),
        (s) => series(s, 'portal', 'certificate_days', () => 6),
      ),
    is: 'cert_expiring',
    at: 'portal',
    not: ['cert_expired'],
  },
  {
    title: 'the database refuses the password',
    tell: () =>
      story(
        stackOf(three),
        (s) => checkDown(s, 'billing', 'HTTP 503'),
        (s) =>
          says(s, 'billing', 'error: password authentication failed for user "billing"', {
            times: 4,
          }),
        (s) =>
          examined(s, 'billing', {
            endpoints: [endpoint('vault', 6_432)],
            files: [
              file('/srv/sketched/billing/db.pw', {
                secret: true,
                differsFromGood: true,
                changedAtMs: nowMs - 60_000,
              }),
            ],
          }),
      ),
    is: 'auth_secret_mismatch',
    at: 'billing',
    not: ['db_down', 'bad_config'],
    params: { path: '/srv/sketched/billing/db.pw' },
  },
  {
    title: 'the clock runs ahead and tokens are refused',
    tell: () =>
      story(
        stackOf(three),
        (s) => checkDown(s, 'portal', 'HTTP 401'),
        (s) =>
          says(
            s,
            'portal',
            'jwt.exceptions.ImmatureSignatureError: The token is not yet valid (iat)',
            { times: 4 },
          ),
        (s) => examined(s, 'portal', { clockSkewMs: 120_000 }),
      ),
    is: 'clock_skew',
    at: 'portal',
    not: ['auth_secret_mismatch', 'cert_expired', 'probe_broken'],
  },
  {
    title: 'an edit long ago and a crash now: the file is not to blame',
    tell: () =>
      story(
        stackOf(three),
        (s) => changed(s, { agoMs: 3_000_000, path: settings, service: 'billing' }),
        (s) => ends(s, 'billing', { code: 2, agoMs: 4_000 }),
        (s) => says(s, 'billing', 'TypeError: cannot read properties of undefined'),
      ),
    is: 'crash',
    at: 'billing',
    not: ['bad_config'],
  },
  {
    title: 'an edit just before, and the database is gone: the edit is not to blame',
    tell: () =>
      story(
        stackOf(three),
        (s) => changed(s, { agoMs: 30_000, path: settings, service: 'billing' }),
        (s) => gone(s, 'vault', { signal: 'SIGSEGV', code: 139 }),
        (s) => checkDown(s, 'billing', 'HTTP 503'),
        (s) => says(s, 'billing', 'connect ECONNREFUSED 127.0.0.1:6432', { times: 4 }),
        (s) => {
          of(s, 'billing').exam = null;
        },
      ),
    is: 'db_down',
    at: 'vault',
    not: ['bad_config', 'config_drift'],
  },
];
