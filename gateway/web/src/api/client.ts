import createClient from 'openapi-fetch';
import { session } from '../session/session';
import type { paths as AnalyticsPaths } from './generated/analytics';
import type { paths as MarketplacePaths } from './generated/marketplace';
import type { paths as PromptPaths } from './generated/prompt';
import type { paths as TestPaths } from './generated/test';
import type { paths as UserPaths } from './generated/user';
import { outages } from './outages';
import { isAwayStatus, noAnswer, problemOf } from './problem';
import { serviceOf } from './services';

/** Sends a request with the session's token, and notes whether the service behind it is there. */
async function send(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  try {
    const response = await session.fetch(request);
    if (!isAwayStatus(response.status)) outages.answered(serviceOf(path));
    return response;
  } catch (error) {
    // An abort is the page's own doing.
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw noAnswer(path);
  }
}

const options = { baseUrl: globalThis.location?.origin ?? 'http://localhost', fetch: send };

export const userApi = createClient<UserPaths>(options);
export const promptApi = createClient<PromptPaths>(options);
export const testApi = createClient<TestPaths>(options);
export const marketplaceApi = createClient<MarketplacePaths>(options);
export const analyticsApi = createClient<AnalyticsPaths>(options);

interface Result<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Awaits a call of one of the clients above; returns its data, or throws an `ApiProblem`. */
export async function call<T>(request: Promise<Result<T>>): Promise<T> {
  return (await callWithResponse(request)).data;
}

/** The same as `call`, with the response beside the data, for its headers (`ETag`, `Location`). */
export async function callWithResponse<T>(request: Promise<Result<T>>): Promise<{ data: T; response: Response }> {
  const result = await request;
  if (!result.response.ok) throw problemOf(result.response, result.error);
  // A 204 has no data, and its callers ask for none.
  return { data: result.data as T, response: result.response };
}

/** Makes the key under which the server recognises a repeated write. */
export function newIdempotencyKey(): string {
  // `randomUUID` does not exist on plain HTTP from another host.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
