import { deepStrictEqual as deepEqual } from 'node:assert';
import { test } from 'vitest';
import { aService } from '../controller.kit.ts';
import { namedPaths } from './named-files.ts';

const check = (environment: Record<string, string>, expected: string[]): void =>
  deepEqual(
    namedPaths(aService('api', { command: ['node'], workingDir: '/srv/api', environment })),
    expected,
  );

test('a path in a variable is a file of the service', () =>
  check({ CONFIG: 'conf/api.json', TLS_SECRET_FILE: './key.pem' }, [
    '/srv/api/conf/api.json',
    '/srv/api/key.pem',
  ]));
test('an address is none, nor is what may be a secret: both would be told in clear', () =>
  check(
    {
      DATABASE_URL: 'postgres://app:sw0rdfish@127.0.0.1:5432/shop',
      BROKER: 'app:sw0rdfish@queue.local/jobs',
      API_TOKEN: 'eyJhbGciOi.JIUzI1NiIs.sw0rdfish',
    },
    [],
  ));
