import type { DatasetRow } from '../api/types';
import { fullCount } from '../format';
import { testWords } from '../words/tests';

const words = testWords.dataset;

/** The characters of one value that are shown: a table of whole texts cannot be read across. */
const MAX_SHOWN = 300;

interface RowTableProps {
  label: string;
  /** The names of the columns. */
  variables: readonly string[];
  rows: readonly DatasetRow[];
}

/** Rows of a data set as a table, which scrolls sideways by itself. */
export function RowTable({ label, variables, rows }: RowTableProps) {
  const hasExpected = rows.some((row) => typeof row.expected === 'string');
  return (
    // What scrolls must be reached by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="row-table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.row}</th>
            {variables.map((name) => (
              <th key={name} scope="col">
                <bdi>{name}</bdi>
              </th>
            ))}
            {hasExpected && <th scope="col">{words.expected}</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.number}>
              <th scope="row">{fullCount(row.number)}</th>
              {variables.map((name) => (
                <Value key={name} text={row.variables ? row.variables[name] : words.cut} />
              ))}
              {hasExpected && <Value text={row.expected ?? ''} />}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Value({ text = '' }: { text: string | undefined }) {
  return <td dir="auto">{text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}</td>;
}
