/** Sets a client's password in the database, whichever it is, and ends that client's sessions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DrillStack } from './drill-stack.ts';
import { askDatabase, edit, editJson } from './hands.ts';

export async function setPassword(stack: DrillStack, user: string, word: string): Promise<void> {
  const users = join(stack.dir, 'secrets', 'users.json');
  const { database } = stack.parts;
  const known = JSON.parse(readFileSync(users, 'utf8')) as Record<string, string>;
  const [name, old] = Object.entries(known).find(([one]) => one !== user) ?? ['', ''];
  const login = `AUTH ${name} ${old}`;
  editJson(users, (all) => ({ ...all, [user]: word }));
  if (database.language === 'redis') {
    edit(database.config ?? '', (text) =>
      text.replace(new RegExp(`^user ${user} on >\\S+`, 'm'), `user ${user} on >${word}`),
    );
    await askDatabase(
      database.port,
      `${login}\r\nACL SETUSER ${user} resetpass >${word}\r\nCLIENT KILL USER ${user}`,
    );
  } else await askDatabase(database.port, `${login}\r\nCLIENT KILL USER ${user}`);
}
