import { Icon } from '../../ui/Icon';
import { testWords } from '../../words/tests';
import type { GridCell } from './cells';
import type { Change } from './rows';

const words = testWords.run;

interface GridCellButtonProps {
  /** Where it is, for the keys that lead to it. */
  at: string;
  /** Undefined until it has come. */
  cell: GridCell | undefined;
  change: Change | undefined;
  isFocusable: boolean;
  onFocus: () => void;
  onOpen: () => void;
}

/** One cell: whether it passed, how it changed, and how its answer begins. */
export function GridCellButton({ at, cell, change, isFocusable, onFocus, onOpen }: GridCellButtonProps) {
  const isPassed = cell?.passed ?? null;
  return (
    <button
      type="button"
      className="cell-button"
      data-at={at}
      data-passed={isPassed ?? undefined}
      data-change={change}
      tabIndex={isFocusable ? 0 : -1}
      aria-busy={cell === undefined || undefined}
      onFocus={onFocus}
      onClick={onOpen}
    >
      {cell === undefined ? (
        <span className="visually-hidden">{words.loading}</span>
      ) : (
        <>
          <span className="cell-verdict">
            {isPassed !== null && <Icon name={isPassed ? 'check' : 'close'} />}
            {/* What is not over, stopped or not answered says so; else it passed or did not. */}
            <span>{cell.status === 'COMPLETED' ? (isPassed === true ? words.passed : words.notPassed) : testWords.statuses[cell.status]}</span>
            {change && <span className="tag cell-change">{change === 'worse' ? words.worse : words.better}</span>}
          </span>
          <span className="cell-preview" dir="auto">
            {cell.preview || cell.errorMessage}
          </span>
        </>
      )}
    </button>
  );
}
