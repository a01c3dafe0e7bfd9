import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { NotFoundPage } from '../../app/ErrorPage';
import { HELP_TOPICS } from '../../help/topics';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { helpWords as words } from '../../words/help';
import './help.css';

const route = getRouteApi('/help/$topic');
const HelpText = lazy(() => import('../../help/HelpText'));

export function HelpPage() {
  const { topic: name } = route.useParams();
  const topic = HELP_TOPICS.find((known) => known === name);
  useDocumentTitle(topic && words.documentTitle(words.topics[topic].title));
  if (topic === undefined) return <NotFoundPage />;
  return (
    <main id="content" className="page help">
      <nav className="tabs" aria-label={words.label}>
        {HELP_TOPICS.map((known) => (
          <Link key={known} to="/help/$topic" params={{ topic: known }} activeProps={{ 'aria-current': 'page' }}>
            {words.topics[known].title}
          </Link>
        ))}
      </nav>
      <h1>{words.topics[topic].title}</h1>
      <Suspense fallback={<div className="skeleton help-skeleton" />}>
        <HelpText topic={topic} above={1} />
      </Suspense>
    </main>
  );
}
