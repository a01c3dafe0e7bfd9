import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { isProblem } from '../../api/problem';
import type { Prompt } from '../../api/types';
import { NotFoundPage } from '../../app/ErrorPage';
import { fullCount } from '../../format';
import { useViewer } from '../../session/useViewer';
import { Failure } from '../../ui/Failure';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { useFailure } from '../../ui/useFailure';
import { words } from '../../words/en';
import './prompt.css';
import { PromptHeader } from './PromptHeader';
import { PromptTab } from './PromptTab';
import { promptQuery } from './queries';
import { TABS } from './search';

const VersionsTab = lazy(() => import('./VersionsTab').then((module) => ({ default: module.VersionsTab })));
const DiscussionTab = lazy(() => import('./DiscussionTab').then((module) => ({ default: module.DiscussionTab })));
const ViewsTab = lazy(() => import('./ViewsTab').then((module) => ({ default: module.ViewsTab })));

const route = getRouteApi('/p/$id');

/** A prompt: its text with a form for its placeholders, its versions, and what people say about it. */
export function PromptPage() {
  const { id } = route.useParams();
  const { version } = route.useSearch();
  const query = useQuery(promptQuery(id, version, useViewer()));
  const failure = useFailure(query);
  useDocumentTitle(query.data?.title);

  if (isProblem(query.error, 404, 400) && !query.isPlaceholderData) return <NotFoundPage />;
  return (
    <main id="content" className="page prompt-page">
      {failure !== null && !query.data && <Failure error={failure} onRetry={() => void query.refetch()} />}
      {query.isPending && failure === null && <div className="skeleton prompt-skeleton" aria-hidden="true" />}
      {/* The key drops the values of another prompt, and keeps them over its versions. */}
      {query.data && <PromptView key={query.data.id} prompt={query.data} />}
    </main>
  );
}

function PromptView({ prompt }: { prompt: Prompt }) {
  const { tab: asked, vars } = route.useSearch();
  const isOwn = useViewer() === prompt.userId;
  // Who follows their author's link to the views is shown the prompt.
  const tab = asked === 'views' && !isOwn ? undefined : asked;
  const [values, setValues] = useState<Record<string, string>>(vars ?? {});
  return (
    <>
      <PromptHeader prompt={prompt} values={values} />
      <PromptTabs prompt={prompt} isOwn={isOwn} />
      <Suspense fallback={<div className="skeleton prompt-skeleton" aria-hidden="true" />}>
        {tab === undefined && <PromptTab prompt={prompt} values={values} onChange={setValues} />}
        {tab === 'versions' && <VersionsTab prompt={prompt} />}
        {tab === 'discussion' && <DiscussionTab prompt={prompt} />}
        {tab === 'views' && <ViewsTab prompt={prompt} />}
      </Suspense>
    </>
  );
}

function PromptTabs({ prompt, isOwn }: { prompt: Prompt; isOwn: boolean }) {
  const search = route.useSearch();
  const { tab } = search;
  const counts = { versions: undefined, discussion: prompt.commentsCount, views: undefined };
  return (
    <nav className="tabs" aria-label={words.prompt.tabs.label}>
      {[undefined, ...TABS.filter((name) => name !== 'views' || isOwn)].map((name) => (
        <Link
          key={name ?? 'prompt'}
          to="/p/$id"
          params={{ id: prompt.id }}
          search={tab === name ? search : { version: search.version, vars: search.vars, tab: name }}
          activeOptions={{ exact: true, includeSearch: true }}
          resetScroll={false}
        >
          {words.prompt.tabs[name ?? 'prompt']}
          {name !== undefined && (counts[name] ?? 0) > 0 && <span className="tag">{fullCount(counts[name] ?? 0)}</span>}
        </Link>
      ))}
    </nav>
  );
}
