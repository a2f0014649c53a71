/** Programs that die of what surrounds them: ports, modules, variables, files, the machine. */
import type { DyingProgram } from '../dying-program.ts';

const taken = /port \d+ is taken by pid \d+ \(.+not ours\)/;

export const surroundingPrograms: readonly DyingProgram[] = [
  {
    name: 'port-taken-node',
    cause: 'port-taken',
    sentence: taken,
    files: {
      'server.mjs':
        "import http from 'node:http';\nhttp.createServer().listen(Number(process.env.HELD_PORT), '127.0.0.1');\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'port-taken-python',
    cause: 'port-taken',
    sentence: /port .*is taken/,
    files: {
      'app.py':
        "import http.server, os\n\nhttp.server.HTTPServer.allow_reuse_address = False\nserver = http.server.HTTPServer(('127.0.0.1', int(os.environ['HELD_PORT'])), None)\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'port-taken-asyncio',
    cause: 'port-taken',
    sentence: taken,
    files: {
      'app.py':
        "import asyncio, os\n\nasync def main():\n    await asyncio.start_server(None, '127.0.0.1', int(os.environ['HELD_PORT']))\n\nasyncio.run(main())\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'missing-module-cjs',
    cause: 'missing-module',
    sentence: /module 'left-padder' is not installed, needed by .*server\.cjs/,
    files: { 'server.cjs': "const pad = require('left-padder');\npad('x');\n" },
    command: ['node', 'server.cjs'],
  },
  {
    name: 'missing-module-esm',
    cause: 'missing-module',
    sentence: /module 'left-padder' is not installed, needed by .*server\.mjs/,
    files: { 'server.mjs': "import pad from 'left-padder';\npad('x');\n" },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'missing-entry-file',
    cause: 'missing-module',
    sentence: /file .*server\.js does not exist/,
    command: ['node', 'server.js'],
  },
  {
    name: 'missing-module-python',
    cause: 'missing-module',
    sentence: /module 'slow_api' is not installed/,
    files: { 'app.py': 'from slow_api import Limiter\n' },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'import-name-python',
    cause: 'missing-module',
    sentence: /module 'json' has nothing named 'loadz'/,
    files: { 'app.py': 'from json import loadz\n' },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'missing-variable-python',
    cause: 'missing-variable',
    sentence: /environment variable DATABASE_DSN is not set/,
    files: { 'app.py': "import os\n\nDSN = os.environ['DATABASE_DSN']\n" },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'missing-variable-node',
    cause: 'missing-variable',
    sentence: /environment variable STRIPE_KEY is not set/,
    files: {
      'server.mjs':
        "if (!process.env.STRIPE_KEY) throw new Error('missing required environment variable STRIPE_KEY');\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'missing-variable-sh',
    cause: 'missing-variable',
    sentence: /environment variable BACKUP_BUCKET is not set/,
    command: ['/bin/sh', '-c', 'set -u; echo "to $BACKUP_BUCKET"'],
  },
  {
    name: 'invalid-settings-pydantic',
    cause: 'invalid-settings',
    sentence: /Settings does not validate: redis_url.* required/,
    files: {
      'app.py':
        'from pydantic import BaseModel\n\nclass Settings(BaseModel):\n    redis_url: str\n    workers: int\n\nSettings()\n',
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
    modules: ['pydantic'],
  },
  {
    name: 'missing-file-node',
    cause: 'missing-file',
    sentence: /certs\/server\.key does not exist/,
    files: {
      'server.mjs':
        "import { readFileSync } from 'node:fs';\nreadFileSync('./certs/server.key');\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'missing-file-python',
    cause: 'missing-file',
    sentence: /models\/ranker\.bin does not exist/,
    files: {
      'app.py': "def load():\n    return open('models/ranker.bin', 'rb').read()\n\nload()\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'permission-denied',
    cause: 'permission-denied',
    sentence: /permission denied for .*secret\.txt/,
    files: {
      'server.mjs':
        "import { chmodSync, readFileSync, writeFileSync } from 'node:fs';\nwriteFileSync('secret.txt', 'x');\nchmodSync('secret.txt', 0);\nreadFileSync('secret.txt');\n",
    },
    command: ['node', 'server.mjs'],
    unless: 'root',
  },
  {
    name: 'command-not-found',
    cause: 'command-not-found',
    sentence: /command gunicorn-that-is-not not found/,
    command: ['/bin/sh', '-c', 'gunicorn-that-is-not app:app'],
  },
  {
    name: 'spawn-enoent',
    cause: 'command-not-found',
    sentence: /command imagemagick-convert not found/,
    files: {
      'server.mjs':
        "import { spawn } from 'node:child_process';\nspawn('imagemagick-convert', ['a.png', 'b.webp']);\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'not-executable',
    cause: 'not-executable',
    sentence: /run\.sh is not executable/,
    files: { 'run.sh': '#!/bin/sh\necho hello\n' },
    command: ['/bin/sh', '-c', './run.sh'],
  },
  {
    name: 'bad-interpreter',
    cause: 'bad-interpreter',
    sentence: /asks for .*python9.*not installed/,
    files: { 'run.sh': '#!/usr/bin/env python9\nprint("hello")\n' },
    command: ['/bin/sh', '-c', 'chmod +x run.sh; ./run.sh'],
  },
  {
    name: 'wrong-architecture',
    cause: 'wrong-architecture',
    sentence: /worker is not a program for this machine/,
    files: { worker: '\u007fELF-of-another-world\u0000\u0001\u0002\n' },
    command: ['bash', '-c', 'chmod +x worker; ./worker'],
  },
  {
    name: 'missing-shared-library',
    cause: 'missing-shared-library',
    sentence: /shared library libvips\.so\.42 is not installed/,
    files: { 'app.py': "import ctypes\n\nctypes.CDLL('libvips.so.42')\n" },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'too-many-open-files',
    cause: 'too-many-open-files',
    sentence: /too many open files/,
    files: {
      'app.py':
        "import resource\n\nresource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))\nkept = []\nfor number in range(100):\n    kept.append(open('/dev/null'))\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'disk-full',
    cause: 'disk-full',
    sentence: /the disk is full/,
    files: { 'app.py': "with open('/dev/full', 'w') as out:\n    out.write('x' * 100000)\n" },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'disk-full-node',
    cause: 'disk-full',
    sentence: /the disk is full/,
    files: {
      'server.mjs':
        "import { openSync, writeSync } from 'node:fs';\nwriteSync(openSync('/dev/full', 'w'), 'x'.repeat(1000));\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'read-only-filesystem',
    cause: 'read-only-filesystem',
    sentence: /mounted read-only/,
    files: {
      'server.mjs':
        "import { writeFileSync } from 'node:fs';\nwriteFileSync('/mnt/upload.tmp', 'x');\n",
    },
    command: [
      'unshare',
      '-rm',
      '/bin/sh',
      '-c',
      'mount -t tmpfs -o ro none /mnt && node server.mjs',
    ],
    needs: 'unshare',
  },
  {
    name: 'database-locked',
    cause: 'database-locked',
    sentence: /SQLite database was locked/,
    files: {
      'app.py':
        "import sqlite3\n\nholder = sqlite3.connect('ledger.db', isolation_level=None)\nholder.execute('create table if not exists t (x)')\nholder.execute('begin exclusive')\nsqlite3.connect('ledger.db', timeout=0.1).execute('insert into t values (1)')\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
    modules: ['sqlite3'],
  },
  {
    name: 'table-missing',
    cause: 'table-missing',
    sentence: /table entries does not exist .*migration/,
    files: {
      'server.mjs':
        "import { DatabaseSync } from 'node:sqlite';\nnew DatabaseSync(':memory:').prepare('select * from entries').all();\n",
    },
    command: ['node', '--disable-warning=ExperimentalWarning', 'server.mjs'],
  },
];
