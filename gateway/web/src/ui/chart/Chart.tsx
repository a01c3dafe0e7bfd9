import { useId, useMemo, useState, type PointerEvent, type ReactNode } from 'react';
import { chartWords as words } from '../../words/chart';
import { FiguresTable } from '../FiguresTable';
import { HEIGHT, labelled, middleOf, plan, pointAt, WIDTH } from './scale';
import './chart.css';

/** The most labels below a chart; on a phone every other one is left out. */
const LABELS = 6;

export interface ChartPoint {
  /** What it stands for, such as the first moment of a day; no two points have the same. */
  at: string;
  value: number;
  /** More about it, for the table only. */
  others?: readonly string[];
}

export interface ChartProps {
  title: string;
  points: readonly ChartPoint[];
  /** The heads of the table: of the points, of their values, and of more about them. */
  columns: readonly [string, string, ...string[]];
  /** Writes what a point stands for, below the chart and in full. */
  shortName: (at: string) => string;
  fullName: (at: string) => string;
  /** Writes a value, beside the chart and in full. */
  shortValue: (value: number) => string;
  fullValue: (value: number) => string;
  /** The least that a value can be above 0. */
  least?: number;
  /** What has to be known about the figures, such as their zone. */
  note?: ReactNode;
}

/** Values over time, as bars or a line, with the same figures as a table. Its colours are classes: a change of theme redraws it. */
export function Chart({ columns, note, ...plot }: ChartProps) {
  const { title, points, fullName, fullValue } = plot;
  const [isTable, setTable] = useState(false);
  const titleId = useId();
  const rowOf = ({ at, value, others = [] }: ChartPoint) => ({ key: at, name: fullName(at), cells: [fullValue(value), ...others] });
  return (
    <figure className="chart" aria-labelledby={titleId}>
      <Plot {...plot} titleId={titleId} />
      {note !== undefined && <p className="small quiet">{note}</p>}
      {/* The rows are made when it is opened: there may be 2,000. */}
      <details onToggle={(event) => setTable(event.currentTarget.open)}>
        <summary className="chart-summary">{words.asTable}</summary>
        {isTable && <FiguresTable label={title} columns={columns} rows={points.map(rowOf)} />}
      </details>
    </figure>
  );
}

type PlotProps = Omit<ChartProps, 'columns' | 'note'> & { titleId: string };

/** The drawing with its title, and what the pointer is at: who sees no pointer reads that from the table. */
function Plot({ title, titleId, points, shortName, fullName, shortValue, fullValue, least = 1 }: PlotProps) {
  const [active, setActive] = useState<number | null>(null);
  const { ticks, top, highest, drawing } = useMemo(() => plan(points.map((point) => point.value), least), [points, least]);
  const count = points.length;
  const y = (value: number) => HEIGHT - (HEIGHT * value) / top;

  const pointed = active === null ? undefined : points[active];
  const best = points[highest];
  const peak = best && best.value > 0 ? words.highest(fullName(best.at), fullValue(best.value)) : words.nothing;
  const follow = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    setActive(pointAt((event.clientX - box.left) / box.width, count));
  };
  return (
    <>
      <figcaption className="chart-caption">
        <strong id={titleId}>{title}</strong>
        <span className="small quiet">{pointed ? words.point(fullName(pointed.at), fullValue(pointed.value)) : peak}</span>
      </figcaption>
      <div className="chart-plot" aria-hidden="true">
        <ol className="chart-values">
          {ticks.map((tick) => (
            <li key={tick} style={{ insetBlockEnd: `${(100 * tick) / top}%` }}>
              {shortValue(tick)}
            </li>
          ))}
        </ol>
        <div className="chart-area" onPointerMove={follow} onPointerDown={follow} onPointerLeave={() => setActive(null)}>
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" focusable="false">
            {ticks.map((tick) => (
              <line key={tick} className="chart-grid" x1="0" x2={WIDTH} y1={y(tick)} y2={y(tick)} />
            ))}
            {active !== null && <rect className="chart-active" x={(WIDTH * active) / count} width={WIDTH / count} height={HEIGHT} />}
            {drawing.kind === 'line' && <path className="chart-fill" d={`${drawing.path}V${HEIGHT}H${WIDTH * middleOf(0, count)}z`} />}
            <path className={`chart-${drawing.kind}`} d={drawing.path} />
          </svg>
        </div>
        <ol className="chart-names">
          {labelled(count, LABELS).map((index) => (
            <li key={points[index]?.at} style={{ insetInlineStart: `${100 * middleOf(index, count)}%` }}>
              {shortName(points[index]?.at ?? '')}
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}
