import { queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call, testApi } from '../../api/client';
import type { AssertionResult, Cell, EvaluationRun, PromptTest } from '../../api/types';
import { nameOfType } from '../../evaluation/assertions';
import { findCell } from '../../evaluation/queries';
import { fullCount, percent } from '../../format';
import type { WordPart } from '../../text/diff';
import { Dialog } from '../../ui/Dialog';
import { Failure } from '../../ui/Failure';
import { Icon } from '../../ui/Icon';
import { MarkedWords } from '../../ui/MarkedWords';
import { testWords } from '../../words/tests';
import { Figures } from '../playground/Figures';
import { changeOf, type AnswerChange } from './answerChange';
import type { CellPlace } from './search';
import { shortValue } from './shortValue';

const words = testWords.cell;

/** Milliseconds between two questions for an answer that is not over. */
const UNFINISHED_INTERVAL = 2_000;

interface WholeCell {
  cell: Cell;
  test: PromptTest;
}

/** The whole of a cell: its row, what was sent and the answer. */
function wholeCellQuery(runId: string, { row, target }: CellPlace, userId: string) {
  return queryOptions({
    queryKey: ['run', runId, userId, 'whole', row, target],
    queryFn: async ({ signal }): Promise<WholeCell | null> => {
      const cell = await findCell(runId, row, target, signal);
      return cell && { cell, test: await call(testApi.GET('/api/tests/{id}', { params: { path: { id: cell.testId } }, signal })) };
    },
    gcTime: 60_000,
  });
}

interface CellDialogProps {
  run: EvaluationRun;
  userId: string;
  place: CellPlace;
  /** Where the other run has the same. */
  earlier: { runId: string; place: CellPlace } | null;
  /** The rows that are shown, in their order. */
  rows: readonly number[];
  onMove: (row: number) => void;
  onClose: () => void;
}

function isDone({ status }: PromptTest): boolean {
  return status !== 'PENDING' && status !== 'RUNNING';
}

/** One cell in full, beside what came of it in the other run. */
export function CellDialog({ run, userId, place, earlier, rows, onMove, onClose }: CellDialogProps) {
  const whole = useQuery({
    ...wholeCellQuery(run.id, place, userId),
    refetchInterval: ({ state }) => (state.data && !isDone(state.data.test) ? UNFINISHED_INTERVAL : false),
  });
  const before = useQuery({ ...wholeCellQuery(earlier?.runId ?? '', earlier?.place ?? place, userId), enabled: earlier !== null });
  const model = run.targets[place.target]?.target.modelName ?? '';
  const change = useChange(before.data?.test, whole.data?.test);
  const at = rows.indexOf(place.row);
  return (
    <Dialog title={words.title(fullCount(place.row), model)} isWide onClose={onClose}>
      <div className="form-row">
        <MoveButton name={words.previous} row={rows[at - 1]} onMove={onMove} />
        <MoveButton name={words.next} row={at === -1 ? undefined : rows[at + 1]} onMove={onMove} />
      </div>
      {whole.isError && <Failure error={whole.error} onRetry={() => void whole.refetch()} />}
      {whole.isPending && !whole.isError && <div className="skeleton evaluation-skeleton" aria-hidden="true" />}
      {whole.data && (
        <>
          {change && <p className="quiet small">{words.changes[change.kind]}</p>}
          <div className="cell-answers" data-both={earlier !== null || undefined}>
            <Answer title={words.now} test={whole.data.test} parts={change?.kind === 'marked' ? change.after : undefined} />
            {earlier && before.data && <Answer title={words.before} test={before.data.test} parts={change?.kind === 'marked' ? change.before : undefined} />}
            {earlier && before.data === null && <p className="quiet">{words.noEarlier}</p>}
            {before.isError && <Failure error={before.error} onRetry={() => void before.refetch()} />}
          </div>
          <RowValues {...whole.data} />
        </>
      )}
    </Dialog>
  );
}

/** Compares two answers that are whole and there. */
function useChange(before: PromptTest | undefined, after: PromptTest | undefined): AnswerChange | undefined {
  const old = before && isDone(before) ? before.response : undefined;
  const fresh = after && isDone(after) ? after.response : undefined;
  return useMemo(() => (old && fresh ? changeOf(old, fresh) : undefined), [old, fresh]);
}

function MoveButton({ name, row, onMove }: { name: string; row: number | undefined; onMove: (row: number) => void }) {
  return (
    <button type="button" className="button plain" aria-disabled={row === undefined} onClick={() => row !== undefined && onMove(row)}>
      {name}
    </button>
  );
}

interface AnswerProps {
  title: string;
  test: PromptTest;
  /** Its text with the words marked that the other answer does not have. */
  parts: readonly WordPart[] | undefined;
}

function Answer({ title, test, parts }: AnswerProps) {
  const text = test.response ?? '';
  return (
    <section className="cell-answer" aria-label={title}>
      <h3>
        {title}
        {test.status !== 'COMPLETED' && <span className="quiet small"> {testWords.statuses[test.status]}</span>}
      </h3>
      {test.errorMessage && <p className="notice danger small">{test.errorMessage}</p>}
      {text === '' ? (
        !test.errorMessage && <p className="quiet">{words.noAnswer}</p>
      ) : (
        <div className="cell-text" dir="auto">
          {parts ? <MarkedWords parts={parts} /> : text}
        </div>
      )}
      {test.responseIncomplete && <p className="quiet small">{words.incomplete}</p>}
      {test.assertionResults && <Verdicts results={test.assertionResults} />}
      <div className="small quiet">
        {typeof test.score === 'number' && (
          <p>
            {words.score} {percent(test.score)}
          </p>
        )}
        <Figures test={test} />
      </div>
    </section>
  );
}

function Verdicts({ results }: { results: readonly AssertionResult[] }) {
  return (
    <ul className="verdicts small">
      {results.map((result, index) => (
        // An assertion is its place.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index} data-passed={result.passed ?? undefined}>
          <Icon name={result.passed === true ? 'check' : 'close'} />
          <span className="visually-hidden">{verdictOf(result)}</span>
          <span>
            {nameOfType(result.type)} <code dir="auto">{shortValue(result.type, result.value)}</code>
            {(result.reason ?? result.error) && <span className="quiet verdict-reason">{result.reason ?? result.error}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function verdictOf({ passed }: AssertionResult): string {
  if (typeof passed !== 'boolean') return words.verdicts.undecided;
  return passed ? words.verdicts.passed : words.verdicts.failed;
}

function RowValues({ cell, test }: WholeCell) {
  return (
    <>
      <h3>{words.values}</h3>
      <dl className="cell-values small">
        {Object.entries(cell.variables ?? {}).map(([name, value]) => (
          <div key={name}>
            <dt>
              <bdi>{name}</bdi>
            </dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
        {typeof cell.expected === 'string' && (
          <div>
            <dt>{words.expected}</dt>
            <dd dir="auto">{cell.expected}</dd>
          </div>
        )}
      </dl>
      <details>
        <summary className="small">{words.sent}</summary>
        <div className="cell-text small" dir="auto">
          {test.promptContent}
        </div>
      </details>
    </>
  );
}
