/** What an edit would do, in words: keys are named, values never shown. */
import type { StackDifference } from '@fettle/config/diff-stacks';
import { fitCharset } from './terminal/ascii.ts';
import type { Look } from './terminal/look.ts';
import { paint } from './terminal/paint.ts';

const marks = { added: '+', removed: '-', restarted: '~', updated: '·' } as const;
const tones = { added: 'ok', removed: 'bad', restarted: 'warn', updated: 'plain' } as const;

export function renderDiff(changes: readonly StackDifference[], look: Look): string {
  if (changes.length === 0) return 'nothing differs from what was last applied\n';
  return changes
    .map(({ service, change, why }) => {
      const head = `${paint(look, tones[change], `${marks[change]} ${service}`)} ${change}`;
      return `${head}\n${why.map((detail) => `    ${detail}\n`).join('')}`;
    })
    .map((text) => fitCharset(text, look.unicode))
    .join('');
}
