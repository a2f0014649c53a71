import { expect, test } from 'vitest';
import type { Service } from '../stack/service.ts';
import { variableName } from './environment.ts';
import { needs, only, openStage, portAt, serviceOf } from './stage.ts';

const environmentOf = (service: Service, others: readonly Service[] = []) => {
  const stage = openStage([...others, service]);
  return only(stage.effects, 'spawn').find(({ instance }) => instance === `${service.name}.1`)
    ?.environment;
};

test('a service is told who it is and where to report', () =>
  expect(environmentOf(serviceOf('api'))).toEqual({
    FETTLE_INSTANCE: 'api.1',
    FETTLE_RUN: 'e1-1',
    FETTLE_SERVICE: 'api',
    FETTLE_URL: 'http://127.0.0.1:7700',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:7700',
    OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=api.1,service.namespace=shop',
    OTEL_SERVICE_NAME: 'api',
  }));
test('names become variables', () => expect(variableName('my-db.2')).toBe('MY_DB_2'));
test('PORT is the allocated one whatever the definition says', () =>
  expect(
    environmentOf(serviceOf('api', { port: portAt(8_000), environment: { PORT: '1' } })),
  ).toMatchObject({ PORT: '8000' }));
test('PORT of the definition stays where no port was asked for', () =>
  expect(environmentOf(serviceOf('api', { environment: { PORT: '1' } }))).toMatchObject({
    PORT: '1',
  }));
test('a hand-written address of a dependency wins', () =>
  expect(
    environmentOf(
      serviceOf('api', { dependsOn: [needs('db')], environment: { DB_URL: 'postgres://u@db' } }),
      [serviceOf('db', { port: portAt(5_432) })],
    ),
  ).toMatchObject({ DB_URL: 'postgres://u@db', DB_PORT: '5432', DB_HOST: '127.0.0.1' }));
test('an external dependency is named by its address', () =>
  expect(
    environmentOf(serviceOf('api', { dependsOn: [needs('pay'), needs('old')] }), [
      serviceOf('pay', { external: true, externalUrl: 'https://key:x@pay.example/v1' }),
      serviceOf('old', { external: true, port: portAt(9_000) }),
    ]),
  ).toMatchObject({
    PAY_URL: 'https://key:x@pay.example/v1',
    PAY_HOST: 'pay.example',
    PAY_PORT: '443',
    OLD_URL: 'http://127.0.0.1:9000',
  }));
test('who listens everywhere is reached over loopback', () => {
  const everywhere = { preferred: [{ from: 1, to: 1 }], host: '0.0.0.0', fallback: true };
  const v6 = { ...everywhere, preferred: [{ from: 2, to: 2 }], host: '::' };
  const environment = environmentOf(serviceOf('api', { dependsOn: [needs('a'), needs('b')] }), [
    serviceOf('a', { port: everywhere }),
    serviceOf('b', { port: v6 }),
  ]);
  expect(environment).toMatchObject({ A_HOST: '127.0.0.1', B_URL: 'http://[::1]:2' });
});
