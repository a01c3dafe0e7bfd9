import { Link } from '@tanstack/react-router';
import type { Prompt } from '../../api/types';
import { exactTime, fullCount, timeAgo } from '../../format';
import { Avatar } from '../../ui/Avatar';
import { words } from '../../words/en';
import { PromptActions } from './PromptActions';

/** Whose a prompt is, what it is about, and what can be done with it. */
export function PromptHeader({ prompt, values }: { prompt: Prompt; values: Record<string, string> }) {
  return (
    <header className="prompt-header">
      <div className="prompt-heading">
        <h1>
          <bdi>{prompt.title}</bdi>
        </h1>
        <p className="prompt-facts">
          <Link to="/u/$name" params={{ name: prompt.username }} className="prompt-author">
            <Avatar name={prompt.username} size={20} />
            <bdi>{prompt.authorName === '' ? prompt.username : prompt.authorName}</bdi>
          </Link>
          <Link to="/explore" search={{ category: prompt.category }}>
            {prompt.category}
          </Link>
          <time dateTime={prompt.updatedAt} title={exactTime(prompt.updatedAt)}>
            {words.prompt.updated(timeAgo(prompt.updatedAt))}
          </time>
          <span>{words.prompt.version(prompt.version)}</span>
          <span>{words.prompt.views(prompt.viewsCount, fullCount(prompt.viewsCount))}</span>
          {prompt.visibility !== 'PUBLIC' && <span className="tag">{words.prompt.visibility[prompt.visibility]}</span>}
          {prompt.status !== 'PUBLISHED' && <span className="tag">{words.prompt.status[prompt.status]}</span>}
          {prompt.isPremium && <span className="tag accent">{words.prompt.premium}</span>}
        </p>
        {prompt.forkedFrom && (
          <p className="small quiet">
            {words.prompt.forkedFrom}{' '}
            <Link to="/p/$id" params={{ id: prompt.forkedFrom.promptId }} search={{ version: prompt.forkedFrom.version }}>
              {words.prompt.original(prompt.forkedFrom.version)}
            </Link>
          </p>
        )}
      </div>
      <PromptActions prompt={prompt} values={values} />
    </header>
  );
}
