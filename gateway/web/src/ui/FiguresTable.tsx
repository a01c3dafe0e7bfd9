import type { ReactNode } from 'react';
import './figures.css';

export interface FiguresRow {
  key: string;
  /** What the figures are of. */
  name: ReactNode;
  cells: readonly string[];
}

interface FiguresTableProps {
  label: string;
  columns: readonly string[];
  rows: readonly FiguresRow[];
}

/** A table of figures, which scrolls by itself where it has no room. */
export function FiguresTable({ label, columns, rows }: FiguresTableProps) {
  return (
    // Without a tab stop the keyboard could not scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="figures-scroll" role="group" aria-label={label} tabIndex={0}>
      <table className="figures">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row">{row.name}</th>
              {row.cells.map((cell, index) => (
                <td key={columns[index + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
