import { call, testApi } from '../../api/client';
import type { Cell, EvaluationRun } from '../../api/types';
import { testWords } from '../../words/tests';

const words = testWords.csv;

type Value = string | number | boolean | null | undefined;

/** The characters with which a spreadsheet begins a formula, or skips to one. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** Writes one value. A text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function csvValue(value: Value): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text;
  return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvLine(values: readonly Value[]): string {
  return `${values.map(csvValue).join(',')}\r\n`;
}

export function headLine(variables: readonly string[]): string {
  const { row, expected, provider, model, status, passed, score, answer, error, tokens, cost, time } = words;
  return csvLine([row, ...variables, expected, provider, model, status, passed, score, answer, error, tokens, cost, time]);
}

export function cellLine(cell: Cell, variables: readonly string[], answer: string | null | undefined): string {
  return csvLine([
    cell.rowNumber,
    ...variables.map((name) => cell.variables?.[name]),
    cell.expected,
    cell.modelProvider,
    cell.modelName,
    cell.status,
    cell.passed,
    cell.score,
    answer,
    cell.errorMessage,
    cell.tokenCount,
    cell.cost,
    cell.responseTimeMs,
  ]);
}

/** Returns a cell's whole answer. A page of 1 MiB leaves out those that do not fit: each is asked for by itself. */
async function answerOf(cell: Cell, signal: AbortSignal): Promise<string | null | undefined> {
  if (typeof cell.response === 'string' || typeof cell.responsePreview !== 'string') return cell.response;
  return (await call(testApi.GET('/api/tests/{id}', { params: { path: { id: cell.testId } }, signal }))).response;
}

interface Download {
  signal: AbortSignal;
  /** The columns of the data set; those of the first row where it is deleted. */
  variables: readonly string[] | undefined;
  onProgress: (share: number) => void;
}

/** Makes the results a CSV file, page by page: one line for each row and model. */
export async function csvOfRun(run: EvaluationRun, { signal, variables, onProgress }: Download): Promise<Blob> {
  // Spreadsheets take a file without a byte order mark for another encoding.
  const parts: string[] = ['\ufeff'];
  let names = variables;
  let cursor: string | undefined;
  let cells = 0;
  do {
    const query = { include: 'content' as const, size: 100, ...(cursor !== undefined && { cursor }) };
    const page = await call(testApi.GET('/api/tests/runs/{id}/results', { params: { path: { id: run.id }, query }, signal }));
    names ??= Object.keys(page.content[0]?.variables ?? {});
    if (parts.length === 1) parts.push(headLine(names));
    for (const cell of page.content) parts.push(cellLine(cell, names, await answerOf(cell, signal)));
    cells += page.content.length;
    onProgress(cells / Math.max(1, run.progress.total));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return new Blob(parts, { type: 'text/csv' });
}

/** Gives a file to the reader. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
