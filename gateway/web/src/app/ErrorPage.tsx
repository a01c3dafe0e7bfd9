import { Link, useRouterState, type ErrorComponentProps } from '@tanstack/react-router';
import { isProblem } from '../api/problem';
import { useSession } from '../session/useSession';
import { words } from '../words/en';

/** Stands in for a page that failed while it was drawn. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  return (
    <main id="content" className="page page-message">
      <h1>{words.errors.title}</h1>
      <p>{isProblem(error) ? error.message : words.errors.unexpected}</p>
      {isProblem(error) && error.requestId !== undefined && <p className="quiet">{words.errors.reference(error.requestId)}</p>}
      <button type="button" className="button primary" onClick={reset}>
        {words.retry}
      </button>
    </main>
  );
}

/** Stands in for what is not there, or not visible to the reader. */
export function NotFoundPage() {
  const { status } = useSession();
  const here = useRouterState({ select: (state) => state.location.href });
  return (
    <main id="content" className="page page-message">
      <h1>{words.errors.notFoundTitle}</h1>
      <p>{words.errors.notFound}</p>
      <div className="form-row">
        <Link to="/explore" className="button">
          {words.errors.home}
        </Link>
        {status === 'signed-out' && (
          <Link to="/sign-in" search={{ next: here }} className="button plain">
            {words.errors.signIn}
          </Link>
        )}
      </div>
    </main>
  );
}
