/** Programs that die of themselves: code, memory, signals, exit codes. */
import type { DyingProgram } from '../dying-program.ts';

export const ownFaultPrograms: readonly DyingProgram[] = [
  {
    name: 'syntax-error-node',
    cause: 'syntax-error',
    sentence: /syntax error in .*server\.mjs:2: /,
    files: { 'server.mjs': 'const a = 1;\nconst b = ;\n' },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'syntax-error-python',
    cause: 'syntax-error',
    sentence: /syntax error in .*app\.py:1: /,
    files: { 'app.py': 'print((1, 2)\n' },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'runtime-too-old',
    cause: 'runtime-too-old',
    sentence: /Python that runs it is too old/,
    files: {
      'app.py':
        "import sys\n\nif sys.version_info < (9, 0):\n    sys.exit('shop requires Python >=9.0, this is 3')\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'invalid-json',
    cause: 'invalid-config-file',
    sentence: /invalid JSON, read in .*server\.mjs:2: /,
    files: {
      'config.json': '{ "port": 8000, }\n',
      'server.mjs':
        "import { readFileSync } from 'node:fs';\nconst config = JSON.parse(readFileSync('config.json', 'utf8'));\nconsole.log(config);\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'invalid-json-python',
    cause: 'invalid-config-file',
    sentence: /invalid JSON, read in .*app\.py:3/,
    files: {
      'config.json': "{ 'port': 8000 }\n",
      'app.py': "import json\n\njson.load(open('config.json'))\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'invalid-yaml',
    cause: 'invalid-config-file',
    sentence: /invalid YAML at config\.yaml:2: /,
    files: {
      'config.yaml': 'port: 8000\n  host: x\n',
      'app.py': "import yaml\n\nyaml.safe_load(open('config.yaml'))\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
    modules: ['yaml'],
  },
  {
    name: 'usage-error',
    cause: 'usage-error',
    sentence: /called with wrong arguments: unrecognized arguments: --prot/,
    files: {
      'app.py':
        "import argparse\n\nparser = argparse.ArgumentParser()\nparser.add_argument('--port')\nparser.parse_args()\n",
    },
    command: ['python3', 'app.py', '--prot', '8000'],
    needs: 'python3',
  },
  {
    name: 'unhandled-exception-node',
    cause: 'unhandled-exception',
    sentence: /unhandled TypeError: Cannot read properties of undefined .* at .*order\.mjs:2/,
    files: {
      'order.mjs': 'export function total(order) {\n  return order.lines.length;\n}\n',
      'server.mjs': "import { total } from './order.mjs';\ntotal({});\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'unhandled-exception-python',
    cause: 'unhandled-exception',
    sentence: /unhandled ValueError: price is negative at .*pricing\.py:2/,
    files: {
      'pricing.py': "def price(x):\n    raise ValueError('price is negative')\n",
      'app.py': 'from pricing import price\n\nprice(-1)\n',
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'chained-exception-python',
    cause: 'unhandled-exception',
    sentence:
      /unhandled RuntimeError: cannot load catalogue at .*app\.py:\d+ \(from ZeroDivisionError\)/,
    files: {
      'app.py':
        "def ratio():\n    return 1 / 0\n\ntry:\n    ratio()\nexcept ZeroDivisionError as error:\n    raise RuntimeError('cannot load catalogue') from error\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'unhandled-rejection',
    cause: 'unhandled-rejection',
    sentence: /promise was rejected and nobody caught it/,
    files: { 'server.mjs': "Promise.reject('no stock');\nsetTimeout(() => {}, 1000);\n" },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'heap-limit',
    cause: 'heap-limit',
    sentence: /JavaScript heap reached its limit/,
    files: {
      'server.mjs':
        'const kept = [];\nfor (;;) kept.push({ text: String(kept.length).repeat(20) });\n',
    },
    command: ['node', '--max-old-space-size=24', 'server.mjs'],
  },
  {
    name: 'memory-error',
    cause: 'memory-error',
    sentence: /Python could not get any more/,
    files: {
      'app.py':
        'import resource\n\nresource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\nkept = bytearray(800 << 20)\n',
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'killed-from-outside',
    cause: 'killed-from-outside',
    sentence: /killed by SIGKILL, not by Fettle/,
    command: ['node', '-e', "console.log('ready'); setInterval(() => {}, 1000)"],
    signal: 'SIGKILL',
  },
  {
    name: 'terminated-from-outside',
    cause: 'terminated-from-outside',
    sentence: /ended by SIGTERM, which Fettle did not send/,
    command: ['node', '-e', "console.log('ready'); setInterval(() => {}, 1000)"],
    signal: 'SIGTERM',
  },
  {
    name: 'segmentation-fault',
    cause: 'memory-fault',
    sentence: /killed by SIGSEGV at .*app\.py:3: .*segmentation fault/,
    files: {
      'app.py': 'import ctypes, faulthandler\nfaulthandler.enable()\nctypes.string_at(0)\n',
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'aborted',
    cause: 'aborted',
    sentence: /ended itself with SIGABRT/,
    files: {
      'app.py':
        "import os, sys\n\nprint('assertion failed: queue != NULL', file=sys.stderr, flush=True)\nos.abort()\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'bus-error',
    cause: 'memory-fault',
    sentence: /killed by SIGBUS/,
    command: ['/bin/sh', '-c', 'kill -BUS $$'],
  },
  {
    name: 'exit-config',
    cause: 'exit-by-convention',
    sentence: /exited with code 78, which says that its configuration is wrong/,
    command: ['/bin/sh', '-c', 'echo "bad listen directive"; exit 78'],
  },
  {
    name: 'exits-zero',
    cause: 'exits-zero',
    sentence: /success \(exit 0\)/,
    command: ['node', '-e', "console.log('report written')"],
  },
  {
    name: 'silent-exit',
    cause: 'silent-exit',
    sentence: /exited with code 1 after .* without any output/,
    command: ['/bin/sh', '-c', 'exit 1'],
  },
  {
    name: 'no-error-line',
    cause: 'exit-code',
    sentence: /exited with code 3 after .* without an error line/,
    command: ['/bin/sh', '-c', 'echo "loading stock list"; exit 3'],
  },
  {
    name: 'last-error-line',
    cause: 'last-error-line',
    sentence: /exited with code 4 after .*; it said: ERROR stock list is empty/,
    command: ['/bin/sh', '-c', 'echo "loading"; echo "ERROR stock list is empty" >&2; exit 4'],
  },
];
