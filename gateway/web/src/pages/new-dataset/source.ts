import { call, testApi } from '../../api/client';
import type { Dataset, DatasetPreview } from '../../api/types';

/** What a data set is made of: the bytes of a file as they are, or a text. Nothing here reads CSV; the server does. */
export interface DatasetSource {
  fileName: string | undefined;
  body: string | Blob;
  isJson: boolean;
}

/** The most bytes that are read: those of 1 MiB in UTF-16. */
export const MAX_BYTES = 2 * 1024 * 1024 + 2;

/** Returns the encoding that a byte order mark names, if it is not the one that the server reads. */
function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/** Takes a file as it is; only UTF-16, as spreadsheets save "Unicode text", becomes UTF-8. */
export async function sourceOfFile(file: File): Promise<DatasetSource> {
  const encoding = utf16Of(new Uint8Array(await file.slice(0, 2).arrayBuffer()));
  const isJson = /\.json$/i.test(file.name);
  const body = encoding ? new TextDecoder(encoding).decode(await file.arrayBuffer()) : isJson ? await file.text() : file;
  return { fileName: file.name, body, isJson };
}

/** Takes a text that was pasted. */
export function sourceOfText(text: string): DatasetSource {
  return { fileName: undefined, body: text, isJson: /^\s*[[{]/.test(text) };
}

/** Names a data set after its file. */
export function nameOfFile(fileName: string): string {
  return fileName.replace(/\.[^.]*$/, '').slice(0, 200);
}

/** Puts the name into a JSON body; an array is the rows. What is no JSON goes as it is, and the server says so. */
export function namedJson(text: string, name: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(Array.isArray(value) ? { name, rows: value } : typeof value === 'object' ? { ...value, name } : value);
  } catch {
    return text;
  }
}

interface Post {
  source: DatasetSource;
  name: string;
  signal?: AbortSignal;
}

function post({ source: { body, isJson }, name, signal }: Post, query: { dryRun?: true }, header: { 'Idempotency-Key'?: string }): Promise<Dataset | DatasetPreview> {
  return call(
    testApi.POST('/api/tests/datasets', {
      params: { query: { ...(!isJson && { name }), ...query }, header },
      headers: { 'content-type': isJson ? 'application/json' : 'text/csv' },
      body: (isJson ? namedJson(String(body), name) : body) as never,
      bodySerializer: (bytes: unknown) => bytes as BodyInit,
      ...(signal && { signal }),
    }),
  );
}

/** Asks what would be stored. */
export async function checkDataset(request: Post): Promise<DatasetPreview> {
  return (await post(request, { dryRun: true }, {})) as DatasetPreview;
}

export async function saveDataset(request: Post, key: string): Promise<Dataset> {
  return (await post(request, {}, { 'Idempotency-Key': key })) as Dataset;
}
