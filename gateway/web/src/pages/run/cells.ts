import { queryOptions } from '@tanstack/react-query';
import { call, testApi } from '../../api/client';
import { queryClient } from '../../api/queryClient';
import type { Cell } from '../../api/types';

/** What the grid shows of a cell. The whole of it, which may be large, is asked for when it is opened. */
export interface GridCell {
  status: Cell['status'];
  passed: boolean | null;
  preview: string;
  errorMessage: string | null;
}

/** A row of the grid: the values that tell it from others, and a cell for each model. */
export interface GridRow {
  number: number;
  values: [name: string, value: string][];
  cells: GridCell[];
}

/** The most cells that are asked for at once. */
const PAGE_SIZE = 100;

/** Values of a row, and characters of one, that the grid shows. */
const [MAX_VALUES, MAX_VALUE] = [4, 80];

/** Milliseconds for which cells that went out of view are kept: what is scrolled through must not pile up. */
const KEPT = 20_000;

/** Returns how many rows are asked for at once: whole ones, so that a row is in one page. */
export function rowsPerBlock(targets: number): number {
  return Math.max(1, Math.floor(PAGE_SIZE / targets));
}

/** Returns the block that a row is in. */
export function blockOf(row: number, targets: number): number {
  return Math.floor((row - 1) / rowsPerBlock(targets));
}

function gridCell({ status, passed, responsePreview, errorMessage }: Cell): GridCell {
  return { status, passed: passed ?? null, preview: responsePreview ?? '', errorMessage: errorMessage ?? null };
}

/** Puts the cells of a page into rows. */
export function gridRows(cells: readonly Cell[]): GridRow[] {
  const rows = new Map<number, GridRow>();
  for (const cell of cells) {
    const row = rows.get(cell.rowNumber) ?? { number: cell.rowNumber, values: valuesOf(cell), cells: [] };
    row.cells[cell.targetIndex] = gridCell(cell);
    rows.set(cell.rowNumber, row);
  }
  return [...rows.values()];
}

function valuesOf({ variables }: Cell): GridRow['values'] {
  return Object.entries(variables ?? {})
    .slice(0, MAX_VALUES)
    .map(([name, value]) => [name, value.slice(0, MAX_VALUE)]);
}

const keyOf = (runId: string, userId: string) => ['run', runId, userId, 'cells'];

/** The rows of one block. */
export function blockQuery(runId: string, userId: string, block: number, targets: number) {
  return queryOptions({
    queryKey: [...keyOf(runId, userId), block],
    queryFn: async ({ signal }) => {
      const query = { page: block, size: rowsPerBlock(targets) * targets };
      const page = await call(testApi.GET('/api/tests/runs/{id}/results', { params: { path: { id: runId }, query }, signal }));
      return gridRows(page.content);
    },
    gcTime: KEPT,
  });
}

/** Asks again for the cells in view. */
export function refreshCells(runId: string, userId: string): void {
  void queryClient.invalidateQueries({ queryKey: keyOf(runId, userId) });
}

/** Puts cells that have come into the blocks that are there; others are asked for when they come into view. */
export function placeCells(runId: string, userId: string, cells: readonly Cell[], targets: number): void {
  const byBlock = new Map<number, Cell[]>();
  for (const cell of cells) {
    const block = blockOf(cell.rowNumber, targets);
    byBlock.set(block, [...(byBlock.get(block) ?? []), cell]);
  }
  for (const [block, news] of byBlock) {
    queryClient.setQueryData<GridRow[]>([...keyOf(runId, userId), block], (rows) => rows && withCells(rows, news));
  }
}

function withCells(rows: readonly GridRow[], news: readonly Cell[]): GridRow[] {
  return rows.map((row) => {
    const own = news.filter((cell) => cell.rowNumber === row.number);
    if (own.length === 0) return row;
    const cells = [...row.cells];
    for (const cell of own) cells[cell.targetIndex] = gridCell(cell);
    return { ...row, cells };
  });
}

/** The numbers of the rows that did not pass on some model. */
export function failedRowsQuery(runId: string, userId: string) {
  return queryOptions({
    queryKey: ['run', runId, userId, 'failed-rows'],
    queryFn: async ({ signal }) => {
      const rows = new Set<number>();
      let cursor: string | undefined;
      do {
        const query = { passed: false, size: PAGE_SIZE, ...(cursor !== undefined && { cursor }) };
        const page = await call(testApi.GET('/api/tests/runs/{id}/results', { params: { path: { id: runId }, query }, signal }));
        for (const cell of page.content) rows.add(cell.rowNumber);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return [...rows].toSorted((a, b) => a - b);
    },
  });
}
