/**
 * `fettle init --make`: `fettle.mk` with a target for every control, and one line in the Makefile
 * that includes it. The Makefile itself stays the team's.
 *
 * Source: GNU Make manual, "Including Other Makefiles", "Pattern Rules".
 */
import { controls, type Control } from './controls.ts';

export const makeIncludeName = 'fettle.mk';
const includeLine = `include ${makeIncludeName}`;

/** `fettle`: what to type for it; a path may hold spaces. */
export function makeInclude(fettle: string): string {
  const names = controls.map(({ name }) => `service-${name}`);
  return `# Written by fettle init --make, and again by the next: your own targets belong in the Makefile.
#
#   make service-status                   what runs, and why anything is not ok
#   make service-restart SERVICE=api      one service; also: make service-restart-api
#   make service-help                     every target

FETTLE ?= ${makeWord(fettle)}
SERVICE ?=
COUNT ?=

.PHONY: service-help service-scale ${names.join(' ')}

service-help:
\t@awk 'match($$0, /^service-[a-z]+:.*## /) { name = $$1; sub(/:/, "", name); sub(/^[^#]*## /, ""); \\
\t\tprintf "  %-18s %s\\n", name, $$0 }' ${makeIncludeName}

${controls.map(ruleOf).join('\n')}
service-scale: ## run so many instances: make service-scale SERVICE=api COUNT=3
\t@test -n '$(SERVICE)' && test -n '$(COUNT)' || { echo 'make service-scale SERVICE=api COUNT=3' >&2; exit 2; }
\t@$(FETTLE) scale '$(SERVICE)=$(COUNT)'
`;
}

function ruleOf({ name, words, takes, every, what }: Control): string {
  const target = `service-${name}`;
  const head = `${target}: ## ${what}\n`;
  if (takes === 'none') return `${head}\t@$(FETTLE) ${words}\n`;
  const asked =
    takes === 'one'
      ? `\t@test -n '$(SERVICE)' || { echo 'make ${target} SERVICE=api' >&2; exit 2; }\n`
      : '';
  const services = every === undefined ? '$(SERVICE)' : `$(or $(SERVICE),${every})`;
  const forOne = `${target}-%:\n\t@$(FETTLE) ${words} '$*'\n`;
  return `${head}${asked}\t@$(FETTLE) ${words} ${services}\n${forOne}`;
}

/** The Makefile with our line; null: it has it already. `before` null: there is none. */
export function withInclude(before: string | null): string | null {
  if (before === null) return `${includeLine}\n`;
  if (/^-?include[ \t].*\bfettle\.mk\b/m.test(before)) return null;
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  return `${before}${gap}\n${includeLine}\n`;
}

/** Targets that the Makefile has and ours would override. */
export function clashes(makefile: string): readonly string[] {
  const names = new Set(['service-help', 'service-scale']);
  for (const { name } of controls) names.add(`service-${name}`);
  const found = makefile
    .split('\n')
    .flatMap((line) => (/^([^\s#:=][^:=#]*):(?![:=])/.exec(line)?.[1] ?? '').split(/\s+/))
    .filter((name) => names.has(name));
  return [...new Set(found)];
}

function makeWord(word: string): string {
  const plain = /^[\w./@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
  return plain.replaceAll('$', '$$$$').replaceAll('#', '\\#');
}
