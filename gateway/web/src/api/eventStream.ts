import { session } from '../session/session';
import { inTime } from './fetchInTime';
import { noAnswer, problemOf, type ApiProblem } from './problem';
import { takeStreamSlot } from './streamSlots';

/** An event of a stream of server-sent events. */
export interface ServerEvent {
  event: string;
  /** What takes the stream up again after this event. */
  id: string | undefined;
  data: string;
}

/** Reads events out of the pieces that a stream arrives in. */
export class EventParser {
  #rest = '';

  /** Takes the next piece; returns the events that are whole with it. */
  push(piece: string): ServerEvent[] {
    // A pair of ends of line may be cut in two.
    const text = (this.#rest + piece).replaceAll('\r\n', '\n');
    const blocks = text.split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => parseBlock(block) ?? []);
  }
}

function parseBlock(block: string): ServerEvent | null {
  const event: ServerEvent = { event: 'message', id: undefined, data: '' };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'data') data.push(value);
    else if (name === 'event') event.event = value;
    else if (name === 'id') event.id = value;
  }
  // A comment, which only keeps the connection open.
  if (data.length === 0) return null;
  return { ...event, data: data.join('\n') };
}

/** Milliseconds before a stream that was cut off is taken up again: at first, and at most. */
const [FIRST_PAUSE, LAST_PAUSE] = [300, 5_000];

/** Milliseconds without a byte after which a stream counts as cut off: the server sends a comment every 10 s. */
const SILENCE = 30_000;

interface Follow {
  signal: AbortSignal;
  /** Takes each event; returns whether it is the last. */
  onEvent: (event: ServerEvent) => boolean;
  /** Says that the stream is cut off, and with null that it goes on. */
  onInterruption?: (problem: ApiProblem | null) => void;
  /** Says that the stream waits until other tabs have fewer open. */
  onQueued?: () => void;
}

/**
 * Follows a stream of events with the session's token up to its last event, and takes it up again where it is
 * cut off. Throws an `ApiProblem` for a refusal that will stay one.
 */
export async function followEvents(path: string, { onQueued = () => {}, ...follow }: Follow): Promise<void> {
  let release: (() => void) | undefined;
  try {
    release = await takeStreamSlot(follow.signal, onQueued);
    await followInSlot(path, follow);
  } catch (error) {
    if (!follow.signal.aborted) throw error;
  } finally {
    release?.();
  }
}

async function followInSlot(path: string, { signal, onEvent, onInterruption }: Omit<Follow, 'onQueued'>): Promise<void> {
  let lastId: string | undefined;
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    let problem: ApiProblem | null = null;
    try {
      const request = new Request(new URL(path, location.origin), {
        headers: { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) },
        signal,
      });
      const response = await session.fetch(request);
      if (!response.ok || response.body === null) problem = problemOf(response, await response.json().catch(() => null));
      else {
        onInterruption?.(null);
        for await (const event of eventsOf(response.body)) {
          lastId = event.id ?? lastId;
          pause = FIRST_PAUSE;
          if (onEvent(event)) return;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
    }
    if (problem !== null && !problem.isAway && problem.status !== 429) throw problem;
    onInterruption?.(problem ?? noAnswer(path));
    await sleep(pause, signal);
    pause = Math.min(2 * pause, LAST_PAUSE);
  }
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), SILENCE);
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // The server stops telling who no longer listens.
    await reader.cancel().catch(() => {});
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
