/** The command line as data, for the commands that tell about commands. */
import { catalogue, findEntry } from './catalogue.ts';
import { buildProgram, defineEntry } from './program.ts';
import type { Surface } from './session.ts';

export function createSurface(version: string): Surface {
  const program = () => buildProgram(version, () => Promise.resolve());
  return {
    words: catalogue
      .filter((entry) => entry.hidden !== true)
      .flatMap((entry) => (entry.alias === undefined ? [entry.name] : [entry.name, entry.alias])),
    isCommand: (word) => findEntry(word) !== null,
    completes: (verb) => findEntry(verb)?.completes ?? [],
    async flagsOf(verb) {
      const all = program();
      const entry = verb === null ? null : findEntry(verb);
      const sub = all.commands.find((one) => one.name() === entry?.name);
      if (entry !== null && sub !== undefined) await defineEntry(sub, entry);
      return (sub ?? all).options.flatMap((option) => option.long ?? []);
    },
    async helpOn(verb) {
      const all = program();
      if (verb === null) return all.helpInformation();
      const entry = findEntry(verb);
      const sub = all.commands.find((one) => one.name() === entry?.name);
      if (entry === null || sub === undefined) return null;
      await defineEntry(sub, entry);
      return sub.helpInformation();
    },
  };
}
