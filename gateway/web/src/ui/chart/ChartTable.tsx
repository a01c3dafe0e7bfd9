import { useState } from 'react';
import { chartWords as words } from '../../words/chart';
import type { ChartPoint } from './Chart';

interface ChartTableProps {
  title: string;
  points: readonly ChartPoint[];
  columns: readonly string[];
  nameOf: (at: string) => string;
  valueOf: (value: number) => string;
}

/** The figures of a chart, for who does not see it or wants them to the last digit. The rows are made when it is opened. */
export function ChartTable({ title, points, columns, nameOf, valueOf }: ChartTableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="chart-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.asTable}</summary>
      {isOpen && (
        // Without a tab stop the keyboard could not scroll it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className="table-scroll" role="region" aria-label={title} tabIndex={0}>
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
              {points.map((point) => (
                <tr key={point.at}>
                  <th scope="row">{nameOf(point.at)}</th>
                  <td>{valueOf(point.value)}</td>
                  {point.others?.map((cell, index) => (
                    <td key={columns[index + 2]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
