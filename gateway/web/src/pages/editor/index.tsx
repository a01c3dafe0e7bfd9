import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { isProblem } from '../../api/problem';
import { NotFoundPage } from '../../app/ErrorPage';
import { useSession } from '../../session/useSession';
import { editorWords as words } from '../../words/editor';
import { draftKey, readDraft, type DraftBase } from './draft';
import { PromptForm } from './PromptForm';
import { readForEditing } from './useSave';
import './editor.css';

const route = getRouteApi('/p/$id/edit');

export function NewPromptPage() {
  const { status } = useSession();
  return (
    <main id="content" className="page">
      <h1>{words.newTitle}</h1>
      {status === 'unknown' ? <EditorSkeleton /> : <WithDraft promptId={null} current={null} />}
    </main>
  );
}

export function EditPromptPage() {
  const { id } = route.useParams();
  const { status, user } = useSession();
  const prompt = useQuery({
    queryKey: ['prompt', id, 'edit'],
    queryFn: ({ signal }) => readForEditing(id, signal),
    enabled: status !== 'unknown',
    // What is edited must be what is there now, and must not change below the writer.
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (isProblem(prompt.error, 404)) return <NotFoundPage />;
  const known = prompt.data;
  const mayEdit = known && (user === null || known.prompt.userId === user.id || user.roles.includes('ADMIN'));
  return (
    <main id="content" className="page">
      <h1>{words.editTitle}</h1>
      {prompt.error && !known && <p className="notice danger">{prompt.error.message}</p>}
      {!known && !prompt.error && <EditorSkeleton />}
      {known && !mayEdit && (
        <div className="empty">
          <p>{words.notYours}</p>
          <Link to="/p/$id" params={{ id }} className="button">
            {words.backToPrompt}
          </Link>
        </div>
      )}
      {known && mayEdit && <WithDraft key={id} promptId={id} current={known.base} />}
    </main>
  );
}

/** Reads the draft once, before the form: the form is its only writer after that. */
function WithDraft({ promptId, current }: { promptId: string | null; current: DraftBase | null }) {
  const { user } = useSession();
  const [draft] = useState(
    () => readDraft(localStorage, draftKey(user?.id ?? null, promptId)) ?? readDraft(localStorage, draftKey(null, promptId)),
  );
  const [first] = useState(current);
  return <PromptForm promptId={promptId} current={first} draft={draft} />;
}

function EditorSkeleton() {
  return <div className="skeleton editor-skeleton" />;
}
