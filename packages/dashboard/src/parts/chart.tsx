/** One series over time with marks for what happened; readable as a sentence and as a table. */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../theme.ts';

export type ChartMark = Readonly<{ atMs: number; text: string }>;
type Props = Readonly<{
  title: string;
  timesMs: readonly number[];
  values: readonly (number | null)[];
  marks: readonly ChartMark[];
  format: (value: number | null) => string;
  colour: string;
}>;

const sync = uPlot.sync('service');

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function hourAndMinute(seconds: number): string {
  const at = new Date(seconds * 1_000);
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

/** Draws a dashed vertical line for each mark that lies in view. */
function markPlugin(marks: readonly ChartMark[]): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.strokeStyle = css('--crit');
        ctx.setLineDash([4, 4]);
        for (const mark of marks) {
          const x = plot.valToPos(mark.atMs / 1_000, 'x', true);
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
        }
        ctx.restore();
      },
    },
  };
}

function options(props: Props, width: number): uPlot.Options {
  const axis = { stroke: css('--text-3'), grid: { stroke: css('--border'), width: 1 } };
  return {
    width,
    height: 150,
    legend: { show: false },
    cursor: { sync: { key: sync.key }, y: false },
    scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] } },
    axes: [
      { ...axis, space: 64, values: (_plot, ticks) => ticks.map(hourAndMinute) },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => props.format(tick)) },
    ],
    series: [{}, { stroke: css(props.colour), width: 1.5, spanGaps: false }],
    plugins: [markPlugin(props.marks)],
  };
}

export function summary(values: readonly (number | null)[], format: Props['format']): string {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return 'no figures yet; the first comes within 10 s';
  return `now ${format(last)}, between ${format(Math.min(...known))} and ${format(Math.max(...known))}`;
}

export function Chart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [asTable, setAsTable] = useState(false);
  const text = summary(props.values, props.format);
  const look = theme.value;
  useEffect(() => {
    const element = box.current;
    if (element === null || asTable) return undefined;
    const data: uPlot.AlignedData = [props.timesMs.map((ms) => ms / 1_000), [...props.values]];
    const plot = new uPlot(options(props, element.clientWidth), data, element);
    const watch = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: 150 }),
    );
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [props.values, props.timesMs, props.marks, look, asTable]);
  return (
    <section class="panel chart" aria-label={`${props.title}: ${text}`}>
      <div class="head chart-head">
        <h2>{props.title}</h2>
        <span class="faint small">{text}</span>
        <button
          class="icon-button end"
          type="button"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
          title="Show as table"
        >
          <span aria-hidden="true">▤</span>
          <span class="visually-hidden">Show {props.title} as a table</span>
        </button>
      </div>
      {asTable ? <ValueTable {...props} /> : <div class="plot" ref={box} aria-hidden="true" />}
    </section>
  );
}

function ValueTable({ timesMs, values, format, title }: Props) {
  const rows = timesMs
    .map((ms, index) => ({ ms, value: values[index] ?? null }))
    .slice(-60)
    .toReversed();
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${title} as a table`}>
      <table class="dense">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="num">
              {title}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ ms, value }) => (
            <tr key={ms}>
              <td>{new Date(ms).toLocaleTimeString()}</td>
              <td class="num">{format(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
