import { useQuery } from '@tanstack/react-query';
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { EvaluationRun } from '../../api/types';
import { fullCount } from '../../format';
import { words as common } from '../../words/en';
import { testWords } from '../../words/tests';
import { blockOf, blockQuery } from './cells';
import { GridCellButton } from './GridCellButton';
import { moved, type GridPlace } from './gridKeys';
import type { Change } from './rows';
import { nameOfPlace, type CellPlace } from './search';
import { TargetHead, type TargetChange } from './TargetHead';
import { ROW_HEIGHT, useRange } from './useRange';

const words = testWords.run;

/** Milliseconds for which the view must rest before its cells are asked for. */
const REST = 100;

interface ResultGridProps {
  run: EvaluationRun;
  userId: string;
  /** The numbers of the rows, in the order in which they are shown. */
  rows: readonly number[];
  changes: ReadonlyMap<string, Change>;
  targetChanges: ReadonlyMap<number, TargetChange>;
  onOpen: (place: CellPlace) => void;
}

/**
 * The results by row and model. Of the rows only those in view are in the document, and only their cells are asked
 * for: ten thousand answers are too many for either.
 */
export function ResultGrid({ run, userId, rows, changes, targetChanges, onOpen }: ResultGridProps) {
  const { scroller, range } = useRange(rows.length);
  const [active, setActive] = useState<GridPlace>({ index: 0, column: 0 });
  const mustFocus = useRef(false);
  const columns = run.targets.length;
  const inView = rows.slice(range.first, range.last);
  const asked = useRestingBlocks(inView, columns);
  const current = Math.min(active.index, rows.length - 1);
  // What has the focus stays in the document while it is scrolled away.
  const shown = Array.from({ length: inView.length }, (_, index) => range.first + index);
  if (current >= 0 && !shown.includes(current)) shown.push(current);

  useLayoutEffect(() => {
    if (!mustFocus.current) return;
    mustFocus.current = false;
    scroller.current?.querySelector<HTMLElement>(`[data-at="${active.index}-${active.column}"]`)?.focus();
  }, [active, scroller]);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = moved(event, { index: current, column: active.column }, rows.length, columns);
    if (next === null) return;
    event.preventDefault();
    mustFocus.current = true;
    setActive(next);
  };
  return (
    <div className="result-scroller" ref={scroller}>
      {/* The grid itself only hears the keys of its cells. */}
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus */}
      <div
        role="grid"
        className="result-grid"
        aria-label={words.grid}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns + 1}
        style={{ '--models': columns } as React.CSSProperties}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" className="grid-head">
          <div role="row" aria-rowindex={1} className="grid-row">
            <div role="columnheader" className="grid-corner">
              {words.row}
            </div>
            {run.targets.map((report) => (
              <TargetHead key={report.index} report={report} change={targetChanges.get(report.index)} />
            ))}
          </div>
        </div>
        <div role="rowgroup" className="grid-body" style={{ blockSize: `${rows.length * ROW_HEIGHT}rem` }}>
          {shown.map((index) => (
            <ShownRow
              key={rows[index]}
              index={index}
              number={rows[index] ?? 0}
              runId={run.id}
              userId={userId}
              isAsked={asked.has(blockOf(rows[index] ?? 1, columns))}
              columns={columns}
              changes={changes}
              focusable={index === current ? active.column : null}
              onActive={setActive}
              onOpen={onOpen}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Returns the blocks whose cells are asked for: those in view, once the view rests. What flies by is not asked for. */
function useRestingBlocks(inView: readonly number[], columns: number): ReadonlySet<number> {
  const wanted = [...new Set(inView.map((row) => blockOf(row, columns)))].join(',');
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), REST);
    return () => clearTimeout(timer);
  }, [wanted]);
  return useMemo(() => new Set(asked.split(',').map(Number)), [asked]);
}

interface ShownRowProps {
  index: number;
  number: number;
  runId: string;
  userId: string;
  /** Whether its cells are asked for by now. */
  isAsked: boolean;
  columns: number;
  changes: ReadonlyMap<string, Change>;
  /** The column whose cell Tab leads to, if it is in this row. */
  focusable: number | null;
  onActive: (place: GridPlace) => void;
  onOpen: (place: CellPlace) => void;
}

const ShownRow = memo(function ShownRow({ index, number, runId, userId, isAsked, columns, changes, focusable, onActive, onOpen }: ShownRowProps) {
  const block = useQuery({ ...blockQuery(runId, userId, blockOf(number, columns), columns), enabled: isAsked });
  const row = block.data?.find((item) => item.number === number);
  return (
    <div role="row" aria-rowindex={index + 2} className="grid-row" style={{ insetBlockStart: `${index * ROW_HEIGHT}rem` }}>
      <div role="rowheader" className="grid-values">
        <span className="quiet">{fullCount(number)}</span>
        {row?.values.map(([name, value]) => (
          <bdi key={name} title={name}>
            {value}
          </bdi>
        ))}
        {block.isError && row === undefined && (
          <button type="button" className="link-button" title={block.error.message} onClick={() => void block.refetch()}>
            {common.retry}
          </button>
        )}
      </div>
      {Array.from({ length: columns }, (_, target) => (
        <div key={target} role="gridcell" className="grid-cell">
          <GridCellButton
            at={`${index}-${target}`}
            cell={row?.cells[target]}
            change={changes.get(nameOfPlace({ row: number, target }))}
            isFocusable={focusable === target}
            onFocus={() => onActive({ index, column: target })}
            onOpen={() => onOpen({ row: number, target })}
          />
        </div>
      ))}
    </div>
  );
});
