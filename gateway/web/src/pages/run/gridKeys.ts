/** A place in the grid as it is shown. */
export interface GridPlace {
  /** The row's place among those that are shown, from 0. */
  index: number;
  column: number;
}

interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** The rows that a page up or down skips. */
const PAGE = 10;

/** Returns where a key leads in a grid, or null for a key that leads nowhere. */
export function moved({ key, ctrlKey, metaKey, altKey }: Key, { index, column }: GridPlace, rows: number, columns: number): GridPlace | null {
  if (altKey || metaKey || rows === 0) return null;
  const to = (toIndex: number, toColumn: number): GridPlace => ({
    index: Math.max(0, Math.min(rows - 1, toIndex)),
    column: Math.max(0, Math.min(columns - 1, toColumn)),
  });
  switch (key) {
    case 'ArrowUp':
      return to(index - 1, column);
    case 'ArrowDown':
      return to(index + 1, column);
    case 'ArrowLeft':
      return to(index, column - 1);
    case 'ArrowRight':
      return to(index, column + 1);
    case 'PageUp':
      return to(index - PAGE, column);
    case 'PageDown':
      return to(index + PAGE, column);
    case 'Home':
      return to(ctrlKey ? 0 : index, 0);
    case 'End':
      return to(ctrlKey ? rows : index, columns);
    default:
      return null;
  }
}
