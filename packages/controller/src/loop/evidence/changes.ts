/** What changed in the last half hour: the journal, and when each watched file was edited. */
import type { EvidenceKind } from './evidence-kind.ts';

const backMs = 30 * 60_000;
const maxEvents = 300;

export const changes: EvidenceKind = {
  what: 'changes',
  gather({ service, journal, files, nowMs }) {
    const about = service === null ? {} : { service };
    const events = journal.read({ sinceMs: nowMs - backMs, limit: maxEvents, ...about });
    const edited = files.watched().flatMap(({ path }) => {
      const state = files.state(path);
      if (state === null || state.changedAtMs === null) return [];
      const differs = state.differsFromGood ? ', differs from the last good version' : '';
      return [`${new Date(state.changedAtMs).toISOString()} ${path}${differs}`];
    });
    const told = events.map(({ at, kind, severity, text }) => `${at} ${severity} ${kind}: ${text}`);
    const text = ['== events', ...told, '', '== files', ...new Set(edited), ''].join('\n');
    return Promise.resolve(text);
  },
};
