import { useCallback, useEffect, useRef, useState } from 'react';
import { WriteKeys } from '../../api/idempotency';
import { outages } from '../../api/outages';
import { isProblem, noAnswer, type ApiProblem } from '../../api/problem';
import { playgroundWords as words } from '../../words/playground';
import type { Answer } from './answers';
import { followRun, startRun, stopRun, type RunRequest } from './run';

/** Milliseconds between two drawings of answers that arrive. */
const DRAW_INTERVAL = 60;

type Phase = 'idle' | 'starting' | 'running' | 'stopping' | 'over';

interface RunState {
  phase: Phase;
  answers: Answer[];
  comparisonId: string | null;
  problem: ApiProblem | null;
  isInterrupted: boolean;
  /** What a screen reader is told: once at the start, and once at the end. */
  announcement: string;
}

const IDLE: RunState = { phase: 'idle', answers: [], comparisonId: null, problem: null, isInterrupted: false, announcement: '' };

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

  const start = useCallback(
    async (request: RunRequest) => {
      current.current?.abort();
      const controller = new AbortController();
      current.current = controller;
      setState({ ...IDLE, phase: 'starting' });
      try {
        const run = await startRun(request, keys);
        answers.current = run.answers;
        setState({ ...IDLE, phase: 'running', answers: run.answers, comparisonId: run.comparisonId, announcement: words.running(run.answers.length) });
        const take = (next: Answer[]) => {
          answers.current = next;
          timer.current ??= window.setTimeout(draw, DRAW_INTERVAL);
        };
        await followRun(run, controller.signal, take, (problem) => setState((known) => ({ ...known, isInterrupted: problem !== null })));
        if (controller.signal.aborted) return;
        const completed = answers.current.filter((answer) => answer.test?.status === 'COMPLETED').length;
        const announcement = words.finished(completed, answers.current.length);
        setState((known) => ({ ...known, phase: 'over', answers: answers.current, isInterrupted: false, announcement }));
      } catch (error) {
        const problem = met(error);
        setState((known) => ({ ...known, phase: 'over', problem, announcement: '' }));
      }
    },
    [draw, keys],
  );

  const stop = useCallback(async () => {
    setState((known) => ({ ...known, phase: 'stopping' }));
    try {
      await stopRun(answers.current);
    } catch (error) {
      const problem = met(error);
      setState((known) => (known.phase === 'stopping' ? { ...known, phase: 'running', problem } : known));
    }
  }, []);

  return { ...state, start, stop };
}
