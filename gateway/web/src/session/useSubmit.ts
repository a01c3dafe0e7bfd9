import { useRef, useState, type FormEvent } from 'react';
import { outages } from '../api/outages';
import { ApiProblem, noAnswer } from '../api/problem';

interface Submit {
  submit: (event?: FormEvent) => void;
  isBusy: boolean;
  /** What the last attempt met. */
  problem: ApiProblem | null;
  /** Takes back what the last attempt met. */
  clear: () => void;
}

/** Runs the action of a form, one at a time, and keeps the problem that it meets. */
export function useSubmit(action: () => Promise<void>): Submit {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const isRunning = useRef(false);
  const run = async () => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      const met = error instanceof ApiProblem ? error : noAnswer('/');
      outages.report(met);
      setProblem(met);
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  };
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    void run();
  };
  return { submit, isBusy, problem, clear: () => setProblem(null) };
}
