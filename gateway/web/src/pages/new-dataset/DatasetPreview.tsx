import type { UseQueryResult } from '@tanstack/react-query';
import { isProblem } from '../../api/problem';
import type { DatasetPreview as Preview } from '../../api/types';
import { RowTable } from '../../evaluation/RowTable';
import { fullCount } from '../../format';
import { Failure } from '../../ui/Failure';
import { FormProblem } from '../../ui/FormProblem';
import { testWords } from '../../words/tests';

const words = testWords.create;

/** Shows what the server made of the rows: how many there are, the first of them, or what is wrong by line. */
export function DatasetPreview({ check }: { check: UseQueryResult<Preview | null> }) {
  const { data, error } = check;
  return (
    <section className="evaluation-section" aria-label={words.preview} aria-busy={check.isFetching}>
      <p role="status" className={data ? 'visually-hidden' : 'quiet'}>
        {check.isFetching && words.checking}
        {data && words.found(data.rowCount, fullCount(data.rowCount))}
      </p>
      {error && (isProblem(error, 400, 413, 422) ? <FormProblem problem={error} fields={[]} /> : <Failure error={error} onRetry={() => void check.refetch()} />)}
      {data && data.errors.length > 0 && <LineErrors result={data} />}
      {data && data.rows.length > 0 && (
        <>
          <h2>{words.preview}</h2>
          <p className="quiet small">
            {words.found(data.rowCount, fullCount(data.rowCount))}. {data.rowCount > data.rows.length && words.shown(fullCount(data.rows.length))}
          </p>
          <RowTable label={words.preview} variables={data.variables} rows={data.rows} />
        </>
      )}
    </section>
  );
}

function LineErrors({ result: { errors, errorsTruncated } }: { result: Preview }) {
  return (
    <div className="notice danger" role="alert">
      <p>{words.errors(errors.length, fullCount(errors.length))}</p>
      <ul className="line-errors small">
        {errors.map((error, index) => (
          // A line may have several errors, with the same words.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <strong>{typeof error.line === 'number' ? words.line(fullCount(error.line)) : words.file}</strong> <span dir="auto">{error.message}</span>
          </li>
        ))}
      </ul>
      {errorsTruncated && <p className="quiet small">{words.manyErrors}</p>}
    </div>
  );
}
