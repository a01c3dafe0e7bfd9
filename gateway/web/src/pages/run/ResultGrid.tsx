import { useQueries } from '@tanstack/react-query';
import { memo, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { EvaluationRun } from '../../api/types';
import { fullCount } from '../../format';
import { Failure } from '../../ui/Failure';
import { testWords } from '../../words/tests';
import { blockOf, blockQuery, type GridRow } from './cells';
import { GridCellButton } from './GridCellButton';
import { moved, type GridPlace } from './gridKeys';
import type { Change } from './rows';
import { nameOfPlace, type CellPlace } from './search';
import { TargetHead, type TargetChange } from './TargetHead';
import { useRange } from './useRange';

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
  const { scroller, range, rowHeight } = useRange(rows.length);
  const [active, setActive] = useState<GridPlace>({ index: 0, column: 0 });
  const mustFocus = useRef(false);
  const columns = run.targets.length;
  const inView = rows.slice(range.first, range.last);
  const { byRow, failed, retry } = useRows(run, userId, inView);
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
    <>
      {failed !== null && <Failure error={failed} onRetry={retry} />}
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
          <div role="rowgroup" className="grid-body" style={{ blockSize: rows.length * rowHeight }}>
            {shown.map((index) => (
              <ShownRow
                key={rows[index]}
                index={index}
                number={rows[index] ?? 0}
                top={index * rowHeight}
                row={byRow.get(rows[index] ?? 0)}
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
    </>
  );
}

/** Returns the rows in view that are there, and asks for the others once the view rests. */
function useRows(run: EvaluationRun, userId: string, inView: readonly number[]) {
  const columns = run.targets.length;
  const wanted = [...new Set(inView.map((row) => blockOf(row, columns)))].join(',');
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), REST);
    return () => clearTimeout(timer);
  }, [wanted]);
  const blocks = wanted === '' ? [] : wanted.split(',').map(Number);
  const isAsked = new Set(asked.split(',').map(Number));
  // What is kept from before is shown at once.
  const queries = useQueries({ queries: blocks.map((block) => ({ ...blockQuery(run.id, userId, block, columns), enabled: isAsked.has(block) })) });
  const byRow = new Map<number, GridRow>();
  for (const { data } of queries) for (const row of data ?? []) byRow.set(row.number, row);
  const failures = queries.filter((query) => query.isError && query.data === undefined);
  return {
    byRow,
    failed: failures[0]?.error ?? null,
    retry: () => {
      for (const query of failures) void query.refetch();
    },
  };
}

interface ShownRowProps {
  index: number;
  number: number;
  top: number;
  /** Undefined until it has come. */
  row: GridRow | undefined;
  columns: number;
  changes: ReadonlyMap<string, Change>;
  /** The column whose cell Tab leads to, if it is in this row. */
  focusable: number | null;
  onActive: (place: GridPlace) => void;
  onOpen: (place: CellPlace) => void;
}

const ShownRow = memo(function ShownRow({ index, number, top, row, columns, changes, focusable, onActive, onOpen }: ShownRowProps) {
  return (
    <div role="row" aria-rowindex={index + 2} className="grid-row" style={{ insetBlockStart: top }}>
      <div role="rowheader" className="grid-values">
        <span className="quiet">{fullCount(number)}</span>
        {row?.values.map(([name, value]) => (
          <bdi key={name} title={name}>
            {value}
          </bdi>
        ))}
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
