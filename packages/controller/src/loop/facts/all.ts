/** Every fact that the shell can find out; `core/loop/plan/facts/shell-facts.ts` lists the same. */
import { dbPing } from './db-ping.ts';
import { diskFree, inodesFree } from './disk-facts.ts';
import { fileChanged, fileExists, hasGoodVersion } from './file-facts.ts';
import { httpGet } from './http-get.ts';
import { memoryAvailable } from './memory-available.ts';
import { listening, owner, portFree } from './port-facts.ts';
import { proc } from './proc.ts';
import { resolveName } from './resolve.ts';
import { attested, commandExists } from './service-facts.ts';
import type { ShellFact } from './shell-fact.ts';
import { tcpConnect } from './tcp-connect.ts';

export const allFacts: readonly ShellFact[] = [
  tcpConnect,
  dbPing,
  httpGet,
  proc,
  listening,
  owner,
  portFree,
  diskFree,
  inodesFree,
  fileExists,
  fileChanged,
  hasGoodVersion,
  resolveName,
  commandExists,
  attested,
  memoryAvailable,
];
