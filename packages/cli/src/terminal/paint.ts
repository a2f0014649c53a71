/** Colour by meaning. Colour never says anything that a word or a shape does not say, too. */
import pc from 'picocolors';
import type { State } from '@fettle/sdk/api/status';
import { fitCharset } from './ascii.ts';
import type { Look } from './look.ts';

const { createColors } = pc;

export type Tone = 'ok' | 'warn' | 'bad' | 'busy' | 'heal' | 'dim' | 'bold' | 'link' | 'plain';

const glyphs: Readonly<Record<State, string>> = {
  ok: '●',
  starting: '◐',
  degraded: '▲',
  affected: '▲',
  failing: '✕',
  'crash-loop': '↻',
  healing: '◆',
  stopped: '○',
  done: '✓',
  unknown: '?',
};

const tones: Readonly<Record<State, Tone>> = {
  ok: 'ok',
  starting: 'busy',
  degraded: 'warn',
  affected: 'warn',
  failing: 'bad',
  'crash-loop': 'bad',
  healing: 'heal',
  stopped: 'dim',
  done: 'ok',
  unknown: 'dim',
};

export function paint(look: Look, tone: Tone, text: string): string {
  if (!look.color) return text;
  const color = createColors(true);
  switch (tone) {
    case 'ok':
      return color.green(text);
    case 'warn':
      return color.yellow(text);
    case 'bad':
      return color.red(text);
    case 'busy':
      return color.cyan(text);
    case 'heal':
      return color.magenta(text);
    case 'dim':
      return color.dim(text);
    case 'bold':
      return color.bold(text);
    case 'link':
      return color.underline(text);
    case 'plain':
      return text;
    default:
      return tone satisfies never;
  }
}

/** `● ` or `[ok] `, always the same width within one look. */
export function stateGlyph(look: Look, state: State): string {
  const glyph = fitCharset(glyphs[state] ?? '?', look.unicode);
  return paint(look, toneOf(state), look.unicode ? glyph : asciiGlyph(glyph));
}

export function toneOf(state: State): Tone {
  return tones[state] ?? 'dim';
}

function asciiGlyph(glyph: string): string {
  return (glyph.startsWith('[') ? glyph : `[${glyph}]`).padEnd(4);
}

/** A stable colour per service name, none of them the colour of a state's trouble. */
export function paintService(look: Look, name: string, text: string): string {
  if (!look.color) return text;
  const color = createColors(true);
  const palette = [color.cyan, color.blue, color.magenta, color.green, color.cyanBright];
  const more = [color.blueBright, color.magentaBright, color.greenBright];
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  const all = [...palette, ...more];
  return (all[hash % all.length] ?? color.cyan)(text);
}
