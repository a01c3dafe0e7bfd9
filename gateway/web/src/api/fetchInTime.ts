/** Milliseconds after which nobody answers any more: the gateway itself answers for a service that hangs after 15 s. */
const READ_DEADLINE = 20_000;
/** The same for writes, and for all that is asked of tests, to which the gateway gives up to 40 s. */
const LONG_DEADLINE = 45_000;

/**
 * Sends a request, and gives up where no answer begins in time: a browser by itself would wait for a gateway
 * that hangs for minutes, and the page would say nothing.
 */
export async function fetchInTime(request: Request): Promise<Response> {
  const isQuick = ['GET', 'HEAD'].includes(request.method) && !new URL(request.url).pathname.startsWith('/api/tests');
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new TypeError('no answer in time')), isQuick ? READ_DEADLINE : LONG_DEADLINE);
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, silence.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

/** Awaits the next piece of an answer for some milliseconds. */
export async function inTime<T>(piece: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TypeError('nothing came in time')), milliseconds);
  });
  try {
    return await Promise.race([piece, silence]);
  } finally {
    clearTimeout(timer);
  }
}
