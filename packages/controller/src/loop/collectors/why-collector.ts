/** What `why` says of a service, each time when that changes. */
import type { Explained } from '@fettle/core/loop/collect/observation';
import type { WhyPart } from '../../parts.ts';
import type { Collector } from './collector.ts';

export const whyCollector: Collector = {
  name: 'why',
  start({ link, why, emit, nowMs }) {
    const tell = (service: string): void =>
      emit([{ kind: 'explained', atMs: nowMs(), service, why: explainedBy(why, service) }]);
    // What was said before we listened is told once.
    for (const { name } of link.stack()?.services ?? []) if (why.why(name) !== null) tell(name);
    return why.onChange(tell);
  },
};

function explainedBy(why: Pick<WhyPart, 'why'>, service: string): Explained | null {
  const said = why.why(service);
  if (said === null) return null;
  const { sentence, cause, confidence, evidence } = said;
  return { sentence, cause, confidence, evidence };
}
