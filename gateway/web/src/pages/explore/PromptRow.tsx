import { Link } from '@tanstack/react-router';
import { call, promptApi } from '../../api/client';
import { fullCount, shortCount, timeAgo } from '../../format';
import { copyText } from '../../text/clipboard';
import { readHighlight } from '../../text/highlight';
import { Icon, type IconName } from '../../ui/Icon';
import { toast } from '../../ui/Toasts';
import { words } from '../../words/en';
import type { ListedPrompt } from './queries';

/** The tags that a row has place for. */
const SHOWN_TAGS = 2;

/** A prompt in a list. All of it leads to the prompt; its buttons and other links lie above that. */
export function PromptRow({ prompt }: { prompt: ListedPrompt }) {
  return (
    <li className="prompt-row">
      <div className="prompt-row-head">
        <h2 className="prompt-row-title">
          <Link to="/p/$id" params={{ id: prompt.id }} className="row-link">
            <bdi>{prompt.title}</bdi>
          </Link>
        </h2>
        {prompt.isPremium && <span className="tag accent">{words.prompt.premium}</span>}
        <div className="prompt-row-actions">
          {!prompt.isPremium && (
            <button
              type="button"
              className="button plain icon-only small-control"
              aria-label={words.explore.copy(prompt.title)}
              title={words.prompt.copy}
              onClick={() => void copyContent(prompt.id)}
            >
              <Icon name="copy" />
            </button>
          )}
          <Link
            to="/playground"
            search={{ prompt: prompt.id }}
            className="button plain icon-only small-control"
            aria-label={words.explore.run(prompt.title)}
            title={words.prompt.run}
          >
            <Icon name="run" />
          </Link>
        </div>
      </div>
      <Preview prompt={prompt} />
      <p className="prompt-row-meta">
        <Link to="/u/$name" params={{ name: prompt.username }} className="above">
          <bdi>{prompt.username}</bdi>
        </Link>
        <span>{prompt.category}</span>
        {prompt.tags.slice(0, SHOWN_TAGS).map((tag) => (
          <Link key={tag} to="/explore" search={{ tag }} className="above prompt-row-tag">
            #<bdi>{tag}</bdi>
          </Link>
        ))}
        <time dateTime={prompt.createdAt}>{timeAgo(prompt.createdAt)}</time>
        <Count icon="heart" count={prompt.likesCount} label={words.prompt.likes(prompt.likesCount, fullCount(prompt.likesCount))} />
        {prompt.ratingsCount > 0 && (
          <span className="count" title={words.prompt.ratings(prompt.ratingsCount, fullCount(prompt.ratingsCount))}>
            <Icon name="star" />
            {prompt.averageRating.toFixed(1)}
          </span>
        )}
        <Count icon="eye" count={prompt.viewsCount} label={words.prompt.views(prompt.viewsCount, fullCount(prompt.viewsCount))} />
      </p>
    </li>
  );
}

/** Shows where the words were found, or else the beginning; two lines at most, cut by the style sheet. */
function Preview({ prompt }: { prompt: ListedPrompt }) {
  if (prompt.highlight === undefined) {
    return (
      <p className="prompt-row-preview" dir="auto">
        {prompt.description ?? prompt.contentPreview}
      </p>
    );
  }
  return (
    <p className="prompt-row-preview" dir="auto">
      {readHighlight(prompt.highlight).map((part, index) => (part.isMarked ? <mark key={index}>{part.text}</mark> : part.text))}
    </p>
  );
}

function Count({ icon, count, label }: { icon: IconName; count: number; label: string }) {
  if (count === 0) return null;
  return (
    <span className="count" title={label}>
      <Icon name={icon} />
      {shortCount(count)}
      <span className="visually-hidden">{label}</span>
    </span>
  );
}

/** Copies a prompt's stored text: lists carry only its beginning. */
async function copyContent(id: string): Promise<void> {
  try {
    const { content } = await call(promptApi.GET('/prompts/{id}', { params: { path: { id } } }));
    const isCopied = typeof content === 'string' && (await copyText(content));
    toast(isCopied ? words.prompt.copied : words.prompt.notCopied);
  } catch (error) {
    toast(error instanceof Error ? error.message : words.prompt.notCopied);
  }
}
