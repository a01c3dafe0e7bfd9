import { words } from '../words/en';
import { serviceOf, type ServiceName } from './services';

/** The body of an error, as RFC 9457 and docs/API.md describe it. */
interface ProblemBody {
  status?: number;
  code?: string;
  detail?: string;
  title?: string;
  errors?: Record<string, string[]>;
  requestId?: string;
}

/** The status of a request that got no answer. */
const NO_ANSWER = 0;

/** The statuses that say that something is away and may come back by itself. */
const AWAY = new Set([NO_ANSWER, 502, 503, 504]);

/** Tells whether an answer's status says that the service behind the gateway is away. */
export function isAwayStatus(status: number): boolean {
  return AWAY.has(status);
}

/** An error of the API, or the lack of an answer. `message` is a sentence for people. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** What is wrong by field. */
    readonly errors: Record<string, string[]>,
    readonly service: ServiceName,
    readonly requestId: string | undefined,
    /** Seconds, where the answer names them. */
    readonly retryAfter: number | undefined,
  ) {
    super(message);
  }

  /** Tells whether the same request may well succeed later, with nothing done by the reader. */
  get isAway(): boolean {
    return isAwayStatus(this.status);
  }

  /** Tells whether nothing answered at all. */
  get isOffline(): boolean {
    return this.status === NO_ANSWER;
  }
}

function isBody(value: unknown): value is ProblemBody {
  return typeof value === 'object' && value !== null;
}

/** Makes a problem of an answer that is no success and of its body, parsed or not. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  const problem = isBody(body) ? body : {};
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiProblem(
    response.status,
    problem.code ?? `HTTP_${response.status}`,
    words.problems[problem.code ?? ''] ?? problem.detail ?? problem.title ?? words.answered(response.status),
    problem.errors ?? {},
    serviceOf(new URL(response.url || 'http://localhost').pathname),
    problem.requestId ?? response.headers.get('x-request-id') ?? undefined,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}

/** Makes a problem of a request that failed before an answer came. */
export function noAnswer(path: string): ApiProblem {
  return new ApiProblem(NO_ANSWER, 'NO_ANSWER', words.noAnswer, {}, serviceOf(path), undefined, undefined);
}

/** Tells whether a value that was thrown is a problem with one of these statuses or codes. */
export function isProblem(error: unknown, ...statusesOrCodes: (number | string)[]): error is ApiProblem {
  if (!(error instanceof ApiProblem)) return false;
  return statusesOrCodes.length === 0 || statusesOrCodes.includes(error.status) || statusesOrCodes.includes(error.code);
}
