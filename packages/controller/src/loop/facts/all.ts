/** Every fact that the shell can find out. */
import { proc } from './proc.ts';
import type { ShellFact } from './shell-fact.ts';
import { tcpConnect } from './tcp-connect.ts';

export const allFacts: readonly ShellFact[] = [tcpConnect, proc];
