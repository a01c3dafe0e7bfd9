import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useViewer } from '../../session/useViewer';
import { words } from '../../words/en';
import { relatedQuery } from './queries';

/** Prompts like this one; nothing where there are none. */
export function Related({ promptId }: { promptId: string }) {
  const prompts = useQuery(relatedQuery(promptId, useViewer())).data?.content ?? [];
  if (prompts.length === 0) return null;
  return (
    <section aria-labelledby="related-title">
      <h2 id="related-title">{words.prompt.related}</h2>
      <ul className="related-list">
        {prompts.map((prompt) => (
          <li key={prompt.id}>
            <Link to="/p/$id" params={{ id: prompt.id }}>
              <bdi>{prompt.title}</bdi>
            </Link>
            <span className="quiet small">
              <bdi>{prompt.username}</bdi>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
