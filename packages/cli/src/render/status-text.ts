/** `fettle status` in words: one row per service, the reason beside it or below it, but whole. */
import type {
  ConfigChange,
  InstanceStatus,
  ServiceStatus,
  StatusDocument,
} from '@fettle/sdk/api/status';
import { fitCharset } from '../terminal/ascii.ts';
import { formatBytes, formatCpu, formatSince } from '../terminal/amount.ts';
import type { Look } from '../terminal/look.ts';
import { limitsText } from './limits-text.ts';
import { paint, stateGlyph, toneOf } from '../terminal/paint.ts';
import { renderTable, type Column } from '../terminal/table.ts';
import { widthOf, wrapWords } from '../terminal/width.ts';

export type StatusTextOptions = Readonly<{
  nowMs: number;
  wide: boolean;
  /** What to type so that an edited config is applied; `fettle up -d` unless told. */
  applyCommand?: string;
}>;

export function renderStatus(
  document: StatusDocument,
  look: Look,
  options: StatusTextOptions,
): string {
  const head = `${paint(look, 'bold', document.stack)} · ${document.summary}`;
  const lines = wrapWords(fitCharset(head, look.unicode), look.columns);
  if (!document.daemon.supervisorConnected)
    lines.push(paint(look, 'warn', `the supervisor is away; this is how it was at ${document.at}`));
  if (document.configChanged !== null) {
    const text = changedText(document.configChanged, look, options);
    for (const line of wrapWords(fitCharset(text, look.unicode), look.columns))
      lines.push(paint(look, 'warn', line));
  }
  const rows = document.services.flatMap((service) => rowsOf(service, look, options));
  return `${lines.join('\n')}\n\n${renderRows(rows, look, options.wide)}`;
}

/** Once for the stack: which of its services the edit concerns only `up` can tell. */
function changedText(
  { file, at }: ConfigChange,
  look: Look,
  { nowMs, applyCommand = 'fettle up -d' }: StatusTextOptions,
): string {
  const when = look.tty ? `${formatSince(at, look, nowMs)} ago` : `at ${at}`;
  const name = file.slice(file.lastIndexOf('/') + 1);
  return `${name} was edited ${when}, after it was applied: ${applyCommand}`;
}

type Row = Readonly<{ cells: readonly string[]; why: string | null }>;

const columns: readonly Column[] = [
  { title: 'SERVICE', minColumns: 12 },
  { title: 'STATE' },
  { title: 'FOR', drop: 3 },
  { title: 'PORT', align: 'right' },
  { title: 'PID', align: 'right', drop: 4 },
  { title: 'CPU', align: 'right', drop: 6 },
  { title: 'MEM', align: 'right', drop: 5 },
  { title: 'RESTARTS', align: 'right', drop: 2 },
];

/** `-o wide`: nothing is dropped, and each instance has its row. */
const wideColumns: readonly Column[] = [
  ...columns.map((column): Column => ({ title: column.title, align: column.align ?? 'left' })),
  { title: 'READY' },
  { title: 'LAST EXIT' },
  { title: 'LIMITS' },
];

/** A pipe gets the moment itself. */
const pipeColumns = columns.with(2, { title: 'SINCE', drop: 3 });

function columnsFor(look: Look): readonly Column[] {
  return look.tty ? columns : pipeColumns;
}

function renderRows(rows: readonly Row[], look: Look, wide: boolean): string {
  const columns = columnsFor(look);
  if (wide) {
    const all = rows.map((row) => [...row.cells, row.why ?? '']);
    return renderTable([...wideColumns, { title: 'WHY' }], all, look);
  }
  const reasons = rows.some((row) => row.why !== null);
  if (!reasons)
    return renderTable(
      columns,
      rows.map((row) => row.cells),
      look,
    );
  const plain = renderTable(
    columns,
    rows.map((row) => row.cells),
    { ...look, columns: Infinity },
  );
  const used = Math.max(...plain.split('\n').map((line) => widthOf(line)));
  const longest = Math.max(...rows.map((row) => widthOf(row.why ?? '')));
  if (used + 2 + longest <= look.columns)
    return renderTable(
      [...columns, { title: 'WHY' }],
      rows.map((row) => [...row.cells, row.why ?? '']),
      look,
    );
  return withReasonsBelow(rows, look);
}

function withReasonsBelow(rows: readonly Row[], look: Look): string {
  const table = renderTable(
    columnsFor(look),
    rows.map((row) => row.cells),
    look,
  ).split('\n');
  const lines = [table[0] ?? ''];
  rows.forEach((row, at) => {
    lines.push(table[at + 1] ?? '');
    if (row.why === null) return;
    const why = fitCharset(row.why, look.unicode);
    for (const line of wrapWords(why, Math.max(20, look.columns - 4))) lines.push(`    ${line}`);
  });
  return `${lines.join('\n')}\n`;
}

function rowsOf(
  service: ServiceStatus,
  look: Look,
  options: Readonly<{ nowMs: number; wide: boolean }>,
): Row[] {
  const first = serviceRow(service, look, options);
  if (!options.wide || service.instances.length < 2) return [first];
  return [first, ...service.instances.map((instance) => instanceRow(instance, look, options))];
}

function serviceRow(
  service: ServiceStatus,
  look: Look,
  options: Readonly<{ nowMs: number; wide: boolean }>,
): Row {
  const count = service.instances.length;
  const name = count > 1 && !options.wide ? `${service.name} ×${count}` : service.name;
  const cells = [
    `${stateGlyph(look, service.state)} ${name}`,
    paint(look, toneOf(service.state), service.state),
    formatSince(service.since, look, options.nowMs),
    String(service.port ?? '–'),
    String(service.pid ?? '–'),
    formatCpu(service.cpuRatio),
    formatBytes(service.memoryBytes),
    String(service.restarts),
  ];
  const [only] = service.instances;
  const one = count === 1 ? only : undefined;
  const wide = [readyText(service), one?.lastExit?.text ?? '–', limitsOr(one)];
  return { cells: options.wide ? [...cells, ...wide] : cells, why: service.why };
}

function limitsOr(instance: InstanceStatus | undefined): string {
  const text = instance === undefined ? '' : limitsText(instance);
  return text === '' ? '–' : text;
}

function readyText(service: ServiceStatus): string {
  const ready = service.instances.filter((instance) => instance.ready).length;
  return `${ready} of ${service.instances.length}`;
}

function instanceRow(
  instance: InstanceStatus,
  look: Look,
  options: Readonly<{ nowMs: number }>,
): Row {
  return {
    cells: [
      `  ${stateGlyph(look, instance.state)} ${instance.name}`,
      paint(look, toneOf(instance.state), instance.state),
      formatSince(instance.since, look, options.nowMs),
      String(instance.port ?? '–'),
      String(instance.pid ?? '–'),
      formatCpu(instance.cpuRatio),
      formatBytes(instance.memoryBytes),
      String(instance.restarts),
      instance.ready ? 'yes' : 'no',
      instance.lastExit?.text ?? '–',
      limitsOr(instance),
    ],
    why: null,
  };
}
