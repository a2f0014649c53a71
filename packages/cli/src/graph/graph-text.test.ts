import { expect, test } from 'vitest';
import type { Look } from '../terminal/look.ts';
import type { GraphDocument, GraphEdge, GraphNode } from './graph-document.ts';
import { renderDot, renderMermaid, renderTree } from './graph-text.ts';

const look: Look = { columns: 80, color: false, unicode: false, tty: false };
const node = (name: string, more: Partial<GraphNode> = {}): GraphNode => ({
  name,
  kind: 'process',
  required: true,
  state: null,
  port: null,
  ...more,
});
const edge = (from: string, to: string, more: Partial<GraphEdge> = {}): GraphEdge => ({
  from,
  to,
  condition: 'service_started',
  required: true,
  restart: false,
  ...more,
});
const graph: GraphDocument = {
  schema: 'fettle.graph/v1',
  stack: 'shop "one"',
  nodes: [
    node('db', { state: 'ok', port: 5432 }),
    node('api', { state: 'failing' }),
    node('web'),
    node('mail', { kind: 'external' }),
  ],
  edges: [
    edge('api', 'db', { condition: 'service_healthy' }),
    edge('web', 'api'),
    edge('web', 'db'),
    edge('web', 'mail', { required: false }),
  ],
};

test('a tree from those that nobody needs', () => {
  expect(renderTree(graph, look)).toBe(`web
'-> [!!] api  failing
   '-> [ok] db  healthy
'-> [ok] db
'-> mail  external, optional
`);
});

test('a service with needs of its own is drawn out once', () => {
  const deep = { ...graph, edges: [...graph.edges, edge('mail', 'api')] };
  expect(renderTree(deep, look)).toContain('api  failing, see above');
});

test('Mermaid and Graphviz say state, port and condition', () => {
  const mermaid = renderMermaid(graph);
  expect(mermaid).toContain('s0["db<br/>ok<br/>:5432"]:::ok');
  expect(mermaid).toContain('s1 -->|healthy| s0');
  expect(mermaid).toContain('s2 -.->|started| s3');
  expect(mermaid).toContain('classDef bad');
  const dot = renderDot(graph);
  expect(dot).toContain('digraph "shop \\"one\\"" {');
  expect(dot).toContain('"web" -> "mail" [label="started", style=dashed];');
});
