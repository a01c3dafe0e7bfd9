import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { timeAgo } from '../../format';
import { accountWords } from '../../words/account';
import { draftKey, listDrafts, removeDraft } from '../editor/draft';

const words = accountWords.home;

/** What this browser keeps and the server does not have yet. */
export function Drafts({ userId }: { userId: string }) {
  const [drafts, setDrafts] = useState(() => listDrafts(localStorage, userId));
  if (drafts.length === 0) return null;
  return (
    <section className="notice drafts" aria-labelledby="drafts-title">
      <h2 id="drafts-title" className="field-label">
        {words.drafts}
      </h2>
      <ul>
        {drafts.map(({ promptId, draft }) => {
          const title = draft.fields.title.trim() || words.untitled;
          return (
            <li key={promptId ?? 'new'} className="form-row">
              {promptId === null ? (
                <Link to="/new">
                  <bdi>{title}</bdi>
                </Link>
              ) : (
                <Link to="/p/$id/edit" params={{ id: promptId }}>
                  <bdi>{title}</bdi>
                </Link>
              )}
              <span className="quiet small">{timeAgo(new Date(draft.savedAt).toISOString())}</span>
              <button
                type="button"
                className="link-button small"
                aria-label={words.discardLabel(title)}
                onClick={() => {
                  removeDraft(localStorage, draftKey(userId, promptId));
                  setDrafts(listDrafts(localStorage, userId));
                }}
              >
                {words.discard}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
