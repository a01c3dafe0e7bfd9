export const SHOWS = ['regressed', 'improved', 'failed'] as const;

/** What an address says about a run's page besides its id. */
export interface RunSearch {
  /** The run that this one is compared with: the one before at first, `none` for no other. */
  to?: string | undefined;
  /** Which rows are shown: all at first. */
  show?: (typeof SHOWS)[number] | undefined;
  /** The cell that is open: its row and its model, both from 1, as in `12-2`. */
  cell?: string | undefined;
}

/** Reads the search of an address; what makes no sense is left out. */
export function readRunSearch(search: Record<string, unknown>): RunSearch {
  const { to, cell } = search;
  return {
    to: typeof to === 'string' && to !== '' ? to : undefined,
    show: SHOWS.find((show) => show === search['show']),
    cell: typeof cell === 'string' && /^\d+-\d+$/.test(cell) ? cell : undefined,
  };
}

/** A place in the results. */
export interface CellPlace {
  /** From 1. */
  row: number;
  /** From 0. */
  target: number;
}

export function placeOf(cell: string): CellPlace {
  const [row = 1, target = 1] = cell.split('-').map(Number);
  return { row, target: target - 1 };
}

export function nameOfPlace({ row, target }: CellPlace): string {
  return `${row}-${target + 1}`;
}
