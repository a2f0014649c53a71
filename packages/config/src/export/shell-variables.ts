/** Marks of variables (see `import/draft.ts`) in the words of a tool. */
const mark = /\uE000(\w+)\uE001/g;

export const shellVariables = (text: string): string => text.replaceAll(mark, '${$1}');
export const supervisordVariables = (text: string): string =>
  text.replaceAll('%', '%%').replaceAll(mark, '%(ENV_$1)s');

/** A string of JavaScript. */
export function scriptString(text: string): string {
  if (!mark.test(text)) return JSON.stringify(text);
  mark.lastIndex = 0;
  const whole = /^\uE000(\w+)\uE001$/.exec(text);
  if (whole !== null) return `process.env.${whole[1]}`;
  const inner = text.replaceAll(/[\\`$]/g, String.raw`\$&`);
  return `\`${inner.replaceAll(mark, '${process.env.$1}')}\``;
}
