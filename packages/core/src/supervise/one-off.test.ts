import { expect, test } from 'vitest';
import { oneOffEnvironment, offerOfViews } from './one-off.ts';
import {
  exit,
  exitWith,
  needs,
  openStage,
  portAt,
  report,
  serviceOf,
  CHECKED,
  type Stage,
} from './stage.ts';
import { instanceViews } from './views.ts';

const db = serviceOf('db', { port: portAt(5_432), ...CHECKED });
const far = serviceOf('far', { external: true, externalUrl: 'http://far.example:81' });
const api = serviceOf('api', {
  dependsOn: [needs('db'), needs('far')],
  port: portAt(8_000),
  environment: { LEVEL: 'debug' },
});
const snapshotOf = ({ state }: Stage) => ({ stack: state.stack, instances: instanceViews(state) });

test('a one-off is told what the service is told, and carries no run token', () =>
  expect(
    oneOffEnvironment(
      {
        definition: api,
        instance: 'api.run',
        place: { host: '127.0.0.1', port: 4_000 },
        stackName: 'shop',
      },
      snapshotOf(openStage([db, far, api])),
    ),
  ).toEqual({
    DB_HOST: '127.0.0.1',
    DB_PORT: '5432',
    DB_URL: 'http://127.0.0.1:5432',
    FAR_HOST: 'far.example',
    FAR_PORT: '81',
    FAR_URL: 'http://far.example:81',
    FETTLE_INSTANCE: 'api.run',
    FETTLE_SERVICE: 'api',
    HOST: '127.0.0.1',
    LEVEL: 'debug',
    OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=api.run,service.namespace=shop',
    OTEL_SERVICE_NAME: 'api',
    PORT: '4000',
  }));
test('without a daemon nothing of the stack has an address', () =>
  expect(
    oneOffEnvironment({ definition: api, instance: 'x', place: null, stackName: 's' }, null),
  ).not.toHaveProperty('DB_URL'));
test('views offer what the policy offers', () => {
  const stage = openStage([db, serviceOf('job', { oneShot: true, restart: 'no' })]);
  const check = (service: string) => {
    const record = stage.state.services.get(service);
    const views = instanceViews(stage.state).filter((view) => view.service === service);
    expect(offerOfViews(views)).toEqual(record?.offer);
  };
  check('db');
  report(stage, 'db.1', true);
  check('db');
  exit(stage, 'job.1', exitWith(0));
  check('job');
});
