import type { EvaluationRunComparison } from '../../api/types';
import { nameOfPlace, type RunSearch } from './search';

export type Change = 'worse' | 'better';

/** Returns how cells changed, by place; those that did not are left out. */
export function changesOf(comparison: EvaluationRunComparison | undefined): Map<string, Change> {
  const changes = new Map<string, Change>();
  for (const { index, regressed, improved } of comparison?.targets ?? []) {
    for (const { rowNumber } of regressed) changes.set(nameOfPlace({ row: rowNumber, target: index }), 'worse');
    for (const { rowNumber } of improved) changes.set(nameOfPlace({ row: rowNumber, target: index }), 'better');
  }
  return changes;
}

function rowsIn(comparison: EvaluationRunComparison | undefined, list: 'regressed' | 'improved'): number[] {
  const rows = new Set(comparison?.targets.flatMap((target) => target[list].map((cell) => cell.rowNumber)));
  return [...rows].toSorted((a, b) => a - b);
}

/** Returns the numbers of the rows to show: of all rows those first that became worse on some model. */
export function rowsToShow(show: RunSearch['show'], count: number, comparison: EvaluationRunComparison | undefined, failed: readonly number[]): readonly number[] {
  if (show === 'failed') return failed;
  const regressed = rowsIn(comparison, 'regressed');
  if (show === 'regressed') return regressed;
  if (show === 'improved') return rowsIn(comparison, 'improved');
  const first = new Set(regressed);
  const others = Array.from({ length: count }, (_, index) => index + 1).filter((row) => !first.has(row));
  return [...regressed, ...others];
}
