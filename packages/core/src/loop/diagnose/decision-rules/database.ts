/** Causes that sit in a database: gone, silent, slow, locked, out of connections. */
import type { EndpointExam } from '../../collect/exam.ts';
import type { ServicePicture } from '../../collect/picture.ts';
import { clue, weighed, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { downChecks, isDown, isSilent, ownEnds, stoppedPid } from '../vitals.ts';

const downSelf: DecisionRule = {
  id: 'db_down/gone',
  class: 'db_down',
  judge({ service, nowMs }) {
    if (service.kind !== 'database' || !isDown(service)) return null;
    const end = ownEnds(service, nowMs - 3_600_000).at(-1);
    return weighed({
      class: 'db_down',
      target: service.name,
      sentence: `the database ${service.name} does not run`,
      params: { peer: service.name },
      for: [
        clue(0.85, 'process', `${service.name} has no process`),
        when(end !== undefined, () =>
          clue(0.3, 'exit', `ended with ${end?.posixSignal ?? end?.code ?? '?'}`, end?.atMs),
        ),
      ],
    });
  },
};

/** Databases among the endpoints of a closer look at a caller. */
function databases({ exam, picture }: Situation): readonly Reached[] {
  return (exam?.endpoints ?? []).flatMap((endpoint) => {
    const peer = endpoint.peer === null ? undefined : picture.services.get(endpoint.peer);
    return peer?.kind === 'database' ? [{ endpoint, peer }] : [];
  });
}
type Reached = Readonly<{ endpoint: EndpointExam; peer: ServicePicture }>;

const downRefused: DecisionRule = {
  id: 'db_down/refused',
  class: 'db_down',
  judge(situation) {
    const { complaints } = situation;
    const hit = databases(situation).find(
      ({ endpoint, peer }) =>
        endpoint.tcp === 'refused' && endpoint.listening !== true && isDown(peer),
    );
    if (hit === undefined) return null;
    const { endpoint, peer } = hit;
    const told = complaints.find(
      ({ kind, port }) => kind === 'refused' && (port === null || port === endpoint.port),
    );
    return weighed({
      class: 'db_down',
      target: peer.name,
      sentence: `the database ${peer.name} does not run; ${situation.service.name} is refused at ${endpoint.host}:${endpoint.port}`,
      params: { peer: peer.name, port: endpoint.port },
      for: [
        clue(0.6, 'dependency', `${peer.name} has no process`),
        clue(0.5, 'network', `${endpoint.host}:${endpoint.port} refuses and nobody listens there`),
        when(told !== undefined, () => clue(0.3, 'log', told?.text ?? '', told?.atMs)),
      ],
    });
  },
};

const hungSelf: DecisionRule = {
  id: 'db_hung/self',
  class: 'db_hung',
  judge({ service, exam }) {
    if (service.kind !== 'database' || isDown(service)) return null;
    const pid = stoppedPid(service, exam);
    const silent = downChecks(service).find(isSilent);
    if (pid === null && silent === undefined) return null;
    return weighed({
      class: 'db_hung',
      target: service.name,
      sentence:
        pid === null
          ? `the database ${service.name} accepts connections and does not answer`
          : `the database ${service.name} is halted (state T, pid ${pid})`,
      params: pid === null ? { peer: service.name } : { peer: service.name, pid, state: 'T' },
      for: [
        when(pid !== null, () => clue(0.9, 'process', `pid ${pid} is in state T`)),
        when(silent !== undefined, () => clue(0.75, 'check', silent?.last.detail ?? '')),
      ],
    });
  },
};

const hungAsked: DecisionRule = {
  id: 'db_hung/asked',
  class: 'db_hung',
  judge(situation) {
    const hit = databases(situation).find(
      ({ endpoint }) => endpoint.tcp === 'ok' && endpoint.answers === false,
    );
    if (hit === undefined) return null;
    const { endpoint, peer } = hit;
    return weighed({
      class: 'db_hung',
      target: peer.name,
      sentence: `the database ${peer.name} accepts connections and does not answer`,
      params: { peer: peer.name, port: endpoint.port },
      for: [clue(0.8, 'network', `${endpoint.host}:${endpoint.port} accepts and does not answer`)],
    });
  },
};

export const databaseRules: readonly DecisionRule[] = [downSelf, downRefused, hungSelf, hungAsked];
