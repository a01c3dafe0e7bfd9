/** Milliseconds after which nobody answers any more: the gateway itself answers for a service that hangs after 15 s. */
const READ_DEADLINE = 20_000;
/** The same for writes, some of which the gateway gives 35 s. */
const WRITE_DEADLINE = 40_000;

/**
 * Sends a request, and gives up where no answer begins in time: a browser by itself would wait for a gateway
 * that hangs for minutes, and the page would say nothing.
 */
export async function fetchInTime(request: Request): Promise<Response> {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new TypeError('no answer in time')), isRead ? READ_DEADLINE : WRITE_DEADLINE);
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
