/** The dependency graph for eyes and for other tools: a tree, Mermaid, Graphviz. */
import type { State } from '@fettle/sdk/api/status';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint, stateGlyph } from '../terminal/paint.ts';
import type { GraphDocument, GraphEdge, GraphNode } from './graph-document.ts';

const conditionWords: Readonly<Record<GraphEdge['condition'], string>> = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'done',
};

/** Colours of the dashboard; a state is said in words, too. */
const fills: Readonly<Record<'ok' | 'warn' | 'bad' | 'rest', string>> = {
  ok: '#E3F3EF',
  warn: '#FCF0DB',
  bad: '#FCE9E6',
  rest: '#EFF0F1',
};

const classes: Readonly<Record<State, keyof typeof fills>> = {
  ok: 'ok',
  done: 'ok',
  starting: 'warn',
  degraded: 'warn',
  affected: 'warn',
  healing: 'warn',
  failing: 'bad',
  'crash-loop': 'bad',
  stopped: 'rest',
  unknown: 'rest',
};

/** From those that nobody needs down to those that need nobody; what was shown is not repeated. */
export function renderTree(document: GraphDocument, look: Look): string {
  const { nodes, edges } = document;
  if (nodes.length === 0) return 'The stack has no services.\n';
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const needed = new Set(edges.map(({ to }) => to));
  const shown = new Set<string>();
  const lines: string[] = [];
  const add = (name: string, depth: number, edge: GraphEdge | null): void => {
    const node = byName.get(name);
    if (node === undefined) return;
    const own = edges.filter(({ from }) => from === name);
    const again = shown.has(name) && own.length > 0;
    shown.add(name);
    lines.push(treeLine(node, look, { depth, edge, again }));
    if (!again) for (const next of own) add(next.to, depth + 1, next);
  };
  for (const { name } of nodes) if (!needed.has(name)) add(name, 0, null);
  return fitCharset(lines.map((line) => `${line}\n`).join(''), look.unicode);
}

type Place = Readonly<{ depth: number; edge: GraphEdge | null; again: boolean }>;

function treeLine(node: GraphNode, look: Look, { depth, edge, again }: Place): string {
  const glyph = node.state === null ? '' : `${stateGlyph(look, node.state)} `;
  const arrow = depth === 0 ? '' : `${'   '.repeat(depth - 1)}└→ `;
  const words = [
    node.kind === 'process' ? null : node.kind,
    node.state === null || node.state === 'ok' ? null : node.state,
    edge === null || edge.condition === 'service_started' ? null : conditionWords[edge.condition],
    edge?.required === false || !node.required ? 'optional' : null,
    again ? 'see above' : null,
  ].filter((word) => word !== null);
  const more = words.length === 0 ? '' : `  ${paint(look, 'dim', words.join(', '))}`;
  return `${arrow}${glyph}${node.name}${more}`;
}

/** Source: mermaid.js.org, "Flowcharts". */
export function renderMermaid({ nodes, edges }: GraphDocument): string {
  const ids = idsOf(nodes);
  const used = new Set<keyof typeof fills>();
  const lines = nodes.map((node) => {
    const label = [node.name, ...detailOf(node)].map(mermaidText).join('<br/>');
    const [open, close] = node.kind === 'process' ? ['[', ']'] : ['([', '])'];
    const kind = node.state === null ? null : classes[node.state];
    if (kind !== null) used.add(kind);
    return `  ${ids.get(node.name)}${open}"${label}"${close}${kind === null ? '' : `:::${kind}`}`;
  });
  for (const edge of edges) {
    const arrow = edge.required ? '-->' : '-.->';
    const word = `|${conditionWords[edge.condition]}|`;
    lines.push(`  ${ids.get(edge.from)} ${arrow}${word} ${ids.get(edge.to)}`);
  }
  for (const kind of used) lines.push(`  classDef ${kind} fill:${fills[kind]},color:#191B1F`);
  return `flowchart LR\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** Source: graphviz.org, "DOT Language". */
export function renderDot({ stack, nodes, edges }: GraphDocument): string {
  const lines = nodes.map((node) => {
    const fill = node.state === null ? '#FFFFFF' : fills[classes[node.state]];
    const shape = node.kind === 'process' ? 'box' : 'ellipse';
    const label = dotText([node.name, ...detailOf(node)].join('\n'));
    return `  ${dotText(node.name)} [label=${label}, shape=${shape}, fillcolor="${fill}"];`;
  });
  for (const { from, to, condition, required } of edges) {
    const style = required ? '' : ', style=dashed';
    const label = dotText(conditionWords[condition]);
    lines.push(`  ${dotText(from)} -> ${dotText(to)} [label=${label}${style}];`);
  }
  const head = ['  rankdir=LR;', '  node [style=filled, fontname="sans-serif"];'];
  return `digraph ${dotText(stack)} {\n${[...head, ...lines].join('\n')}\n}\n`;
}

function detailOf(node: GraphNode): readonly string[] {
  return [
    node.kind === 'process' ? null : node.kind,
    node.state,
    node.port === null ? null : `:${node.port}`,
  ].filter((word) => word !== null);
}

function idsOf(nodes: readonly GraphNode[]): ReadonlyMap<string, string> {
  return new Map(nodes.map(({ name }, index) => [name, `s${index}`]));
}

function mermaidText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

function dotText(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `"${escaped}"`;
}
