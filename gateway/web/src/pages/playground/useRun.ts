import { useCallback, useEffect, useRef, useState } from 'react';
import { WriteKeys } from '../../api/idempotency';
import { outages } from '../../api/outages';
import { isProblem, noAnswer, type ApiProblem } from '../../api/problem';
import { playgroundWords as words } from '../../words/playground';
import type { Answer } from './answers';
import { followRun, startRun, stopRun, type RunRequest } from './run';

/** Milliseconds between two drawings of answers that arrive. */
const DRAW_INTERVAL = 60;

/** Milliseconds after which a run says that nobody has answered yet: the gateway itself gives up after 40 s. */
const SLOW = 8_000;

type Phase = 'idle' | 'starting' | 'running' | 'stopping' | 'over';

interface RunState {
  phase: Phase;
  answers: Answer[];
  comparisonId: string | null;
  problem: ApiProblem | null;
  isInterrupted: boolean;
  /** Whether the stream waits until other tabs have fewer open. */
  isQueued: boolean;
  /** Whether its stream has begun. */
  isOpen: boolean;
  /** What a screen reader is told: once at the start, and once at the end. */
  announcement: string;
}

const IDLE: RunState = { phase: 'idle', answers: [], comparisonId: null, problem: null, isInterrupted: false, isQueued: false, isOpen: false, announcement: '' };

/** Returns the problem that a run met; the banner says too what is away. */
function met(error: unknown): ApiProblem {
  const problem = isProblem(error) ? error : noAnswer('/api/tests');
  outages.report(problem);
  return problem;
}

/** Starts, follows and stops runs, one at a time. */
export function useRun() {
  const [state, setState] = useState(IDLE);
  const [keys] = useState(() => new WriteKeys());
  const current = useRef<AbortController | null>(null);
  const answers = useRef<Answer[]>([]);
  const timer = useRef<number | undefined>(undefined);

  // Leaving the page stops listening; the run goes on.
  useEffect(
    () => () => {
      current.current?.abort();
      clearTimeout(timer.current);
    },
    [],
  );

  const draw = useCallback(() => {
    timer.current = undefined;
    const drawn = answers.current;
    setState((known) => ({ ...known, answers: drawn }));
  }, []);

  const finish = useCallback(() => {
    const completed = answers.current.filter((answer) => answer.test?.status === 'COMPLETED').length;
    const announcement = words.finished(completed, answers.current.length);
    setState((known) => ({ ...known, phase: 'over', answers: answers.current, isInterrupted: false, isQueued: false, announcement }));
  }, []);

  const start = useCallback(
    async (request: RunRequest) => {
      current.current?.abort();
      const controller = new AbortController();
      current.current = controller;
      answers.current = [];
      setState({ ...IDLE, phase: 'starting' });
      try {
        const run = await startRun(request, keys, controller.signal);
        answers.current = run.answers;
        setState({ ...IDLE, phase: 'running', answers: run.answers, comparisonId: run.comparisonId, announcement: words.running(run.answers.length) });
        const take = (next: Answer[]) => {
          answers.current = next;
          timer.current ??= window.setTimeout(draw, DRAW_INTERVAL);
        };
        await followRun(run, {
          signal: controller.signal,
          onAnswers: take,
          onInterruption: (problem) => setState((known) => ({ ...known, isInterrupted: problem !== null, isQueued: false, isOpen: true })),
          onQueued: () => setState((known) => ({ ...known, isQueued: true, announcement: words.queued })),
        });
        if (controller.signal.aborted) return;
        finish();
      } catch (error) {
        if (controller.signal.aborted) return;
        const problem = met(error);
        setState((known) => ({ ...known, phase: 'over', problem, announcement: '' }));
      }
    },
    [draw, finish, keys],
  );

  const stop = useCallback(async () => {
    // What was not answered yet has no test that could be cancelled: the request itself is dropped.
    if (answers.current.length === 0) {
      current.current?.abort();
      setState(IDLE);
      return;
    }
    setState((known) => ({ ...known, phase: 'stopping' }));
    try {
      answers.current = await stopRun(answers.current);
      // The stream has nothing more to say, and may not even have begun.
      current.current?.abort();
      finish();
    } catch (error) {
      const problem = met(error);
      setState((known) => (known.phase === 'stopping' ? { ...known, phase: 'running', problem } : known));
    }
  }, [finish]);

  const { phase, isOpen, isQueued } = state;
  const isSlow = useIsLong(phase === 'starting' || phase === 'stopping' || (phase === 'running' && !isOpen && !isQueued), SLOW);
  return { ...state, announcement: isSlow ? words.slow : state.announcement, isSlow, start, stop };
}

/** Returns whether a state has lasted for some milliseconds. */
function useIsLong(isOn: boolean, milliseconds: number): boolean {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    if (!isOn) return undefined;
    const timer = setTimeout(() => setLong(true), milliseconds);
    return () => {
      clearTimeout(timer);
      setLong(false);
    };
  }, [isOn, milliseconds]);
  return isLong;
}
