/** Causes that a database or a service with a login tells us. Texts: PostgreSQL, MySQL, Redis. */
import { logRule, type Rule } from '../rule.ts';
import { clip } from '../words.ts';

const authentication = logRule({
  id: 'authentication-failed',
  confidence: 0.96,
  patterns: [
    /password authentication failed for user "([^"]+)"/,
    /Access denied for user '([^']+)'/,
    /(?:role|user) "([^"]+)" does not exist/,
    /\b(WRONGPASS|NOAUTH)\b/,
    /Authentication required|AuthenticationError|invalid username-password/,
    /no pg_hba\.conf entry for .*user "([^"]+)"/,
    /(?:HTTP|status(?:_?code)?|code|Request failed with status code|response)[^\n]{0,20}\b(401|403)\b/i,
    /\b(401|403) (?:Client Error: )?(?:Unauthorized|Forbidden)/,
    /fe_sendauth: no password supplied|SASL: SCRAM-SERVER-FIRST-MESSAGE/,
    /invalid (?:api[ _-]?key|access token|credentials)/i,
  ],
  say: ({ groups, line }) => {
    const who = groups[1] ?? '';
    // A line of an access log tells of somebody else's login.
    if (/HTTP\/[\d.]+"? +40[13]/.test(line)) return null;
    if (/WRONGPASS/.test(line)) return 'login refused by Redis: wrong user name or password';
    if (/NOAUTH|Authentication required/.test(line))
      return 'login refused by Redis: it wants a password and none was given';
    if (who === '401') return 'refused with HTTP 401: the credential is missing or wrong';
    if (who === '403') return 'refused with HTTP 403: the credential does not allow it';
    if (/no password supplied|SASL/.test(line))
      return 'login refused by the database: no password was given';
    if (/does not exist/.test(line))
      return `login refused by the database: there is no user ${clip(who, 60)}`;
    if (/pg_hba/.test(line))
      return `the database does not let user ${clip(who, 60)} in from here (pg_hba.conf)`;
    return who === ''
      ? 'login refused: the credential is not accepted'
      : `login refused by the database: wrong password for user ${clip(who, 60)}`;
  },
  next: () => ['fettle config show'],
});

const tooManyClients = logRule({
  id: 'too-many-clients',
  confidence: 0.96,
  patterns: [
    /sorry, too many clients already|remaining connection slots are reserved/,
    /[Tt]oo many connections|max number of clients reached/,
    /QueuePool limit of size (\d+)|timeout exceeded when trying to connect|Timed out fetching a new connection from the connection pool/,
  ],
  say: ({ line }) =>
    /pool|trying to connect/i.test(line)
      ? 'its own pool of database connections is used up'
      : 'the database takes no more connections (too many clients)',
});

const databaseMissing = logRule({
  id: 'database-missing',
  confidence: 0.96,
  patterns: [/database "([^"]+)" does not exist/, /Unknown database '([^']+)'/],
  say: ({ groups }) => `database ${clip(groups[1] ?? '', 80)} does not exist on the server`,
});

const tableMissing = logRule({
  id: 'table-missing',
  confidence: 0.95,
  patterns: [
    /relation "([^"]+)" does not exist/,
    /no such table: ([\w."]+)/,
    /Table '([^']+)' doesn't exist/,
    /column "?([\w.]+)"? (?:of relation "[^"]+" )?does not exist|no such column: ([\w."]+)/,
  ],
  say: ({ groups, line }) => {
    const name = clip(groups[1] !== '' ? (groups[1] ?? '') : (groups[2] ?? ''), 70);
    const what = /column/.test(line) ? 'column' : 'table';
    return `${what} ${name} does not exist in the database: a migration has not run`;
  },
});

const serverStarting = logRule({
  id: 'database-starting',
  confidence: 0.94,
  patterns: [
    /the database system is (starting up|shutting down|in recovery mode|not yet accepting connections)/,
    /LOADING Redis is loading/,
  ],
  say: ({ groups }) =>
    `the database answered that it is ${groups[1] === undefined || groups[1] === '' ? 'still loading' : groups[1]}`,
});

export const databaseCauses: readonly Rule[] = [
  authentication,
  tooManyClients,
  databaseMissing,
  tableMissing,
  serverStarting,
];
