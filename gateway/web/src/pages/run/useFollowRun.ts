import { useEffect, useState } from 'react';
import { followEvents, type ServerEvent } from '../../api/eventStream';
import { queryClient } from '../../api/queryClient';
import type { Cell, EvaluationRun } from '../../api/types';
import { runQuery } from '../../evaluation/queries';
import { placeCells, refreshCells } from './cells';

/** Milliseconds between two drawings of cells that arrive. */
const DRAW_INTERVAL = 250;

/** Milliseconds between two questions for what only the run itself has: how each model does. */
const REPORT_INTERVAL = 3_000;

type Progress = EvaluationRun['progress'];

export function isOver({ progress }: EvaluationRun): boolean {
  return progress.done >= progress.total;
}

/** Collects what a stream tells of a run, and puts it on the page now and then: ten thousand events are not drawn one by one. */
class Arrivals {
  #cells: Cell[] = [];
  #progress: Progress | undefined;
  #timer: number | undefined;

  constructor(
    readonly run: EvaluationRun,
    readonly userId: string,
  ) {}

  /** Takes an event; returns whether it is the last. */
  take({ event, data }: ServerEvent): boolean {
    if (event === 'cell') this.#cells.push(JSON.parse(data) as Cell);
    else if (event === 'progress') this.#progress = JSON.parse(data) as Progress;
    this.#timer ??= window.setTimeout(() => this.draw(), DRAW_INTERVAL);
    return event === 'end';
  }

  draw(): void {
    this.stop();
    const [cells, progress] = [this.#cells, this.#progress];
    this.#cells = [];
    const { id, targets } = this.run;
    placeCells(id, this.userId, cells, targets.length);
    if (progress) queryClient.setQueryData(runQuery(id, this.userId).queryKey, (run) => run && { ...run, progress });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Asks for the whole run again: what its stream told last may not have come. */
function refreshRun({ id, datasetId }: EvaluationRun, userId: string): void {
  void queryClient.invalidateQueries({ queryKey: runQuery(id, userId).queryKey });
  void queryClient.invalidateQueries({ queryKey: ['dataset', datasetId] });
  void queryClient.invalidateQueries({ queryKey: ['runs', userId] });
}

/** Follows a run to its end over one stream. Without the stream its cells are asked for now and then. */
export function useFollowRun(run: EvaluationRun, userId: string) {
  const [isInterrupted, setInterrupted] = useState(false);
  const [isQueued, setQueued] = useState(false);
  const { id } = run;
  const hasEnded = isOver(run);
  useEffect(() => {
    if (hasEnded) return undefined;
    const controller = new AbortController();
    const arrivals = new Arrivals(run, userId);
    let isStreaming = true;
    // The stream tells what ends from now on: what ended before is asked for, once it has begun.
    let isBehind = true;
    const ask = () => {
      void queryClient.invalidateQueries({ queryKey: runQuery(id, userId).queryKey, exact: true });
      if (!isStreaming) refreshCells(id, userId);
    };
    const timer = setInterval(ask, REPORT_INTERVAL);
    const follow = followEvents(`/api/tests/runs/${id}/stream`, {
      signal: controller.signal,
      onEvent: (event) => {
        if (isBehind) refreshCells(id, userId);
        isBehind = false;
        return arrivals.take(event);
      },
      onInterruption: (problem) => {
        isBehind = true;
        setInterrupted(problem !== null);
        setQueued(false);
      },
      onQueued: () => setQueued(true),
    });
    const end = () => {
      isStreaming = false;
      if (controller.signal.aborted) return;
      arrivals.draw();
      ask();
    };
    follow.then(end, end);
    return () => {
      controller.abort();
      arrivals.stop();
      clearInterval(timer);
      refreshRun(run, userId);
      setInterrupted(false);
      setQueued(false);
    };
    // The run itself changes with each event; who it is does not.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [id, userId, hasEnded]);
  return { isInterrupted, isQueued };
}
