/** Programs that die on the way to somebody else. `CLOSED_PORT`: nothing listens there. */
import type { DyingProgram } from '../dying-program.ts';

const refused = /connection to (?:127\.0\.0\.1|localhost|::1):\d+ refused: nothing listens there/;

export const networkPrograms: readonly DyingProgram[] = [
  {
    name: 'refused-node',
    cause: 'refused-dependency',
    sentence: refused,
    files: {
      'db.mjs':
        "import net from 'node:net';\nexport const connect = () =>\n  net.connect(Number(process.env.CLOSED_PORT), '127.0.0.1');\n",
      'server.mjs':
        "import { connect } from './db.mjs';\nconsole.log('api: connecting to the database');\nconnect();\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'refused-fetch',
    cause: 'refused-dependency',
    sentence: refused,
    files: {
      'server.mjs': 'await fetch(`http://127.0.0.1:${process.env.CLOSED_PORT}/v1/items`);\n',
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'refused-localhost',
    cause: 'refused-dependency',
    sentence: refused,
    files: {
      'server.mjs':
        "import http from 'node:http';\nhttp.get(`http://localhost:${process.env.CLOSED_PORT}/`);\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'refused-python',
    cause: 'refused-unnamed',
    sentence: /a connection was refused/,
    files: {
      'app.py':
        "import os, socket\n\ndef connect():\n    s = socket.socket()\n    s.connect(('127.0.0.1', int(os.environ['CLOSED_PORT'])))\n    return s\n\nconnect()\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'refused-asyncio',
    cause: 'refused-dependency',
    sentence: refused,
    files: {
      'app.py':
        "import asyncio, os\n\nasync def main():\n    await asyncio.open_connection('127.0.0.1', int(os.environ['CLOSED_PORT']))\n\nasyncio.run(main())\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'refused-requests',
    cause: 'refused-dependency',
    sentence: refused,
    files: {
      'app.py':
        "import os\nimport requests\n\ndef load():\n    return requests.get('http://127.0.0.1:%s/items' % os.environ['CLOSED_PORT'], timeout=2)\n\nload()\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
    modules: ['requests'],
  },
  {
    name: 'refused-retries',
    cause: 'refused-dependency',
    sentence: refused,
    files: {
      'server.mjs':
        "import net from 'node:net';\nlet tries = 0;\nfunction attempt() {\n  const socket = net.connect(Number(process.env.CLOSED_PORT), '127.0.0.1');\n  socket.on('error', (error) => {\n    tries += 1;\n    console.error(`[db] attempt ${tries} failed: ${error.message}`);\n    if (tries === 4) {\n      console.error('[db] giving up');\n      process.exit(1);\n    }\n    setTimeout(attempt, 20);\n  });\n}\nattempt();\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'refused-json-log',
    cause: 'refused-dependency',
    sentence: refused,
    files: {
      'server.mjs':
        "import net from 'node:net';\nnet.connect(Number(process.env.CLOSED_PORT), '127.0.0.1').on('error', (err) => {\n  console.log(JSON.stringify({ level: 60, time: Date.now(), msg: 'cannot start', err: { type: err.name, message: err.message, stack: err.stack } }));\n  process.exit(1);\n});\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'refused-curl',
    cause: 'refused-dependency',
    sentence: refused,
    command: ['/bin/sh', '-c', 'curl -sS "http://127.0.0.1:$CLOSED_PORT/ready"'],
    needs: 'curl',
  },
  {
    name: 'refused-java',
    cause: 'refused-unnamed',
    sentence: /a connection was refused/,
    files: {
      'Main.java':
        'public class Main {\n  public static void main(String[] args) throws Exception {\n    int port = Integer.parseInt(System.getenv("CLOSED_PORT"));\n    new java.net.Socket("127.0.0.1", port);\n  }\n}\n',
    },
    command: ['java', 'Main.java'],
    needs: 'java',
    directOnly: true,
  },
  {
    name: 'connection-reset',
    cause: 'connection-reset',
    sentence: /connection reset/,
    files: {
      'server.mjs':
        "import net from 'node:net';\nconst server = net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));\nserver.listen(0, '127.0.0.1', () => {\n  const client = net.connect(server.address().port, '127.0.0.1');\n  client.write('hello');\n  client.on('data', () => {});\n});\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'broken-pipe',
    cause: 'connection-reset',
    sentence: /broken pipe/,
    files: {
      'app.py':
        "import signal, socket, time\n\nleft, right = socket.socketpair()\nright.close()\nleft.send(b'hello')\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'timeout-fetch',
    cause: 'connection-timeout',
    sentence: /timed out/,
    files: {
      'server.mjs':
        'const url = `http://127.0.0.1:${process.env.SILENT_PORT}/prices`;\nawait fetch(url, { signal: AbortSignal.timeout(200) });\n',
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'timeout-requests',
    cause: 'connection-timeout',
    sentence: /no answer from 127\.0\.0\.1:\d+ in time/,
    files: {
      'app.py':
        "import os\nimport requests\n\nrequests.get('http://127.0.0.1:%s/prices' % os.environ['SILENT_PORT'], timeout=0.2)\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
    modules: ['requests'],
  },
  {
    name: 'unknown-host-node',
    cause: 'unknown-host',
    sentence: /host name pricing\.invalid cannot be resolved/,
    files: {
      'server.mjs': "import http from 'node:http';\nhttp.get('http://pricing.invalid/prices');\n",
    },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'unknown-host-python',
    cause: 'unknown-host',
    sentence: /host name .*resolved/,
    files: {
      'app.py': "import socket\n\nsocket.create_connection(('pricing.invalid', 80), timeout=2)\n",
    },
    command: ['python3', 'app.py'],
    needs: 'python3',
  },
  {
    name: 'tls-self-signed',
    cause: 'tls-certificate',
    sentence: /self-signed TLS certificate/,
    files: { 'server.mjs': 'await fetch(`https://localhost:${process.env.TLS_PORT}/`);\n' },
    command: ['node', 'server.mjs'],
  },
  {
    name: 'http-401',
    cause: 'authentication-failed',
    sentence: /HTTP 401/,
    files: {
      'server.mjs':
        'const answer = await fetch(`http://127.0.0.1:${process.env.HTTP_PORT}/401`);\nif (!answer.ok) throw new Error(`token refused: HTTP ${answer.status}`);\n',
    },
    command: ['node', 'server.mjs'],
  },
];
