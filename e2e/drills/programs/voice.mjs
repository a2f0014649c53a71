// How this program words and formats what it says. Wording and format come from `settings.mjs`.
import settings from './settings.mjs';

const two = (value) => String(value).padStart(2, '0');
const day = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
const millis = (at) => String(at.getMilliseconds()).padStart(3, '0');
const pinoLevel = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };
const upper = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
const quoted = (value) => (/[\s"=]/.test(String(value)) ? JSON.stringify(String(value)) : value);
const pairs = (fields) =>
  Object.entries(fields)
    .map(([key, value]) => ` ${key}=${quoted(value)}`)
    .join('');

const styles = {
  plain: (level, at, text) => `${day(at)} ${clock(at)} ${upper[level]} ${text}`,
  pino: (level, at, text, fields) =>
    JSON.stringify({
      level: pinoLevel[level],
      time: at.getTime(),
      pid: process.pid,
      name: settings.name,
      ...fields,
      msg: text,
    }),
  python: (level, at, text) =>
    `${day(at)} ${clock(at)},${millis(at)} - ${settings.name} - ${upper[level]} - ${text}`,
  logfmt: (level, at, text, fields) =>
    `ts=${at.toISOString()} level=${level} msg=${JSON.stringify(text)}${pairs(fields)}`,
  go: (level, at, text, fields) =>
    `${day(at).replaceAll('-', '/')} ${clock(at)} ${level === 'info' ? '' : `${level}: `}${text}${pairs(fields)}`,
  java: (level, at, text) =>
    `${day(at)} ${clock(at)}.${millis(at)} ${upper[level].padStart(5)} ${process.pid} --- [main] ${settings.logger} : ${text}`,
};

/** Says what `event` means in this program's words; `{name}` takes the field of that name. */
export function say(level, event, fields = {}) {
  const wording = settings.voice[event] ?? event;
  const text = wording.replace(/\{(\w+)\}/g, (_all, name) => String(fields[name] ?? ''));
  const line = styles[settings.style](level, new Date(), text, fields);
  if (level === 'error' || level === 'fatal') console.error(line);
  else console.log(line);
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const clf = (at) =>
  `${two(at.getDate())}/${months[at.getMonth()]}/${at.getFullYear()}:${clock(at)} +0000`;
const target = ({ method, url }) => `"${method} ${url} HTTP/1.1"`;

const accessFormats = {
  combined: (one) =>
    `127.0.0.1 - - [${clf(one.at)}] ${target(one)} ${one.status} ${one.bytes} "-" "${one.agent}"`,
  nginx: (one) =>
    `127.0.0.1 - - [${clf(one.at)}] ${target(one)} ${one.status} ${one.bytes} "-" "${one.agent}" rt=${(one.ms / 1_000).toFixed(3)}`,
  common: (one) => `127.0.0.1 - - [${clf(one.at)}] ${target(one)} ${one.status} ${one.bytes}`,
  uvicorn: (one) => `INFO:     127.0.0.1:${one.port} - ${target(one)} ${one.status}`,
  gunicorn: (one) =>
    `127.0.0.1 - - [${clf(one.at)}] ${target(one)} ${one.status} ${one.bytes} "-" "${one.agent}" ${Math.round(one.ms * 1_000)}`,
  morgan: (one) => `${one.method} ${one.url} ${one.status} ${one.ms.toFixed(3)} ms - ${one.bytes}`,
  'pino-http': (one) =>
    JSON.stringify({
      level: one.status >= 500 ? 50 : 30,
      time: one.at.getTime(),
      pid: process.pid,
      req: { method: one.method, url: one.url },
      res: { statusCode: one.status },
      responseTime: Math.round(one.ms),
      msg: one.status >= 500 ? 'request errored' : 'request completed',
    }),
};

/** One line per request, in the format that this program was written with; null: none. */
export function sayRequest(request) {
  const format = accessFormats[settings.access];
  if (format !== undefined) console.log(format(request));
}
