/**
 * Node's own modules as `require` would give them. To `import` one reads each of its exports, and
 * some of `node:http` and `node:util` load half of Node when they are read (fetch and all it needs):
 * 40 ms of each call of the CLI, and memory of each daemon for its whole life (Node 24.21).
 */
export const nodeHttp = (): typeof import('node:http') => process.getBuiltinModule('node:http');
export const nodeUtil = (): typeof import('node:util') => process.getBuiltinModule('node:util');
