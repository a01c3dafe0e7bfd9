import { call, testApi } from '../../api/client';
import { isProblem } from '../../api/problem';
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

/** The cells of a page: at most, and at least where answers are long. */
const [MOST, LEAST] = [100, 5];

/** How often a request is sent again that came too soon after others. */
const ATTEMPTS = 10;

/** Sends a request, and waits as long as the server says where there were too many. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isProblem(error, 429) || attempt === ATTEMPTS) throw error;
      const seconds = error.retryAfter ?? 1;
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    }
  }
}

/** Returns a cell's whole answer. A page of 1 MiB leaves out those that do not fit: each is asked for by itself. */
async function answerOf(cell: Cell, signal: AbortSignal): Promise<string | null | undefined> {
  if (typeof cell.response === 'string' || typeof cell.responsePreview !== 'string') return cell.response;
  return (await patiently(() => call(testApi.GET('/api/tests/{id}', { params: { path: { id: cell.testId } }, signal })))).response;
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
  let file = new Blob(['\ufeff']);
  let names = variables;
  let cursor: string | undefined;
  let cells = 0;
  let size = MOST;
  do {
    const query = { include: 'content' as const, size, ...(cursor !== undefined && { cursor }) };
    const page = await patiently(() => call(testApi.GET('/api/tests/runs/{id}/results', { params: { path: { id: run.id }, query }, signal })));
    const columns = (names ??= Object.keys(page.content[0]?.variables ?? {}));
    const lines = cells === 0 ? [headLine(columns)] : [];
    for (const cell of page.content) lines.push(cellLine(cell, columns, await answerOf(cell, signal)));
    // What is in the file is the browser's to keep, which may do so on the disk.
    file = new Blob([file, ...lines], { type: 'text/csv' });
    cells += page.content.length;
    onProgress(cells / Math.max(1, run.progress.total));
    cursor = page.nextCursor ?? undefined;
    if (page.contentTruncated) size = Math.max(LEAST, Math.floor(size / 2));
  } while (cursor !== undefined);
  return file;
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
