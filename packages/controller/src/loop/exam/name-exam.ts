/**
 * Names that the log could not resolve, asked again. Only a name that the service's configuration
 * holds is asked for: a question to a name server is an outbound request, too.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { ServiceExam } from '@fettle/core/loop/collect/exam';
import { configuredNames } from './configured-names.ts';
import { within } from './deadline.ts';
import type { ExamContext } from './exam-context.ts';

type NameExam = ServiceExam['names'][number];

const lookupMs = 1_500;
const maxNames = 8;
const complaint =
  /(?:(?:ENOTFOUND|EAI_AGAIN|ENODATA|EAI_NONAME)[ :]+|(?:could not|cannot|can't|failed to|unable to) (?:resolve|translate)(?: host)?(?: ?name)?[ :"']+|unknown host[ :"']+|no such host[ :"']+|(?:lookup|getaddrinfo)[ :"']+(?!E[A-Z]))([a-z0-9][a-z0-9_.-]{0,252})/i;

export async function examineNames(context: ExamContext): Promise<ServiceExam['names']> {
  const configured = configuredNames(context.service);
  const complained = new Map<string, string>();
  for (const line of context.lines.slice(-200)) {
    const found = complaint.exec(line.slice(0, 1_000));
    const host = found?.[1]?.toLowerCase().replace(/[.:]+$/, '') ?? '';
    if (found === null || host === '' || isIP(host) !== 0 || isErrorWord(host)) continue;
    complained.set(host, /EAI_AGAIN/.test(found[0]) ? 'EAI_AGAIN' : 'ENOTFOUND');
  }
  const asked = [...complained].slice(0, maxNames);
  return Promise.all(
    asked.map(([host, said]) =>
      configured.has(host) || host === 'localhost'
        ? ask(host, context)
        : { host, error: said, lastGood: context.deps.names?.lastGood(host) ?? null },
    ),
  );
}

function isErrorWord(host: string): boolean {
  return /^(?:enotfound|eai_again|getaddrinfo|host|name|or|for|the)$/.test(host);
}

async function ask(host: string, { deps }: ExamContext): Promise<NameExam> {
  const asked = lookup(host).then(
    ({ address }): NameExam => ({ host, error: null, lastGood: address }),
    (cause: NodeJS.ErrnoException): NameExam => {
      const lastGood = deps.names?.lastGood(host) ?? null;
      return { host, error: cause.code ?? 'ENOTFOUND', lastGood };
    },
  );
  const lastGood = deps.names?.lastGood(host) ?? null;
  return within(lookupMs, asked, { host, error: 'EAI_AGAIN', lastGood });
}
