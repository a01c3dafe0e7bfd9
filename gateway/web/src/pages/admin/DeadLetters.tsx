import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { DeadLetter } from '../../api/types';
import { exactTime, fullCount, timeAgo } from '../../format';
import { ListView } from '../../ui/ListView';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { adminWords } from '../../words/admin';
import { lettersQuery } from './queries';
import { TOPICS, type LettersSearch } from './search';

const words = adminWords.letters;
const route = getRouteApi('/admin/dead-letters');
const STATES = ['waiting', 'replayed', 'all'] as const;

export function DeadLettersPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const letters = useInfiniteQuery(lettersQuery(search));
  useDocumentTitle(words.documentTitle);
  const total = letters.data?.pages[0]?.totalElements;
  const isAnyWaiting = search.topic === undefined && search.show === undefined;
  return (
    <>
      <header className="bar">
        <h1>{words.title}</h1>
        <p className="quiet small">{typeof total === 'number' ? words.count(total, fullCount(total)) : '\u00a0'}</p>
      </header>
      <p className="quiet">{words.about}</p>
      <Filters search={search} onChange={(next) => void navigate({ to: '/admin/dead-letters', search: next, resetScroll: false })} />
      <ListView
        query={letters}
        label={words.title}
        className="admin-list"
        Row={LetterRow}
        empty={
          <div className="empty">
            <h2>{isAnyWaiting ? words.empty : words.nothingFound}</h2>
            {isAnyWaiting && <p>{words.emptyHint}</p>}
          </div>
        }
      />
    </>
  );
}

function Filters({ search, onChange }: { search: LettersSearch; onChange: (search: LettersSearch) => void }) {
  const { topic, show = 'waiting' } = search;
  const isOther = topic !== undefined && !TOPICS.some((known) => known === topic);
  return (
    <form className="admin-filters" role="search" aria-label={words.filters} onSubmit={(event) => event.preventDefault()}>
      <label>
        <span>{words.topic}</span>
        <select className="input" value={topic ?? ''} onChange={(event) => onChange({ ...search, topic: event.currentTarget.value || undefined })}>
          <option value="">{words.anyTopic}</option>
          {isOther && <option value={topic}>{topic}</option>}
          {TOPICS.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{words.state}</span>
        <select
          className="input"
          value={show}
          onChange={(event) => {
            const { value } = event.currentTarget;
            onChange({ ...search, show: value === 'replayed' || value === 'all' ? value : undefined });
          }}
        >
          {STATES.map((state) => (
            <option key={state} value={state}>
              {words.states[state]}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

/** A letter in the list; all of it leads to its page. */
function LetterRow({ item: letter }: { item: DeadLetter }) {
  return (
    <li className="letter-row">
      <h2>
        <Link to="/admin/dead-letters/$letterId" params={{ letterId: letter.id }} className="letter-link">
          <bdi>{letter.reason}</bdi>
        </Link>
      </h2>
      <p className="admin-meta quiet small">
        <bdi>{words.place(letter.topic, fullCount(letter.partition), fullCount(letter.offset))}</bdi>
        <time dateTime={letter.receivedAt} title={exactTime(letter.receivedAt)}>
          {words.received(timeAgo(letter.receivedAt))}
        </time>
        <span>{words.size(letter.size, fullCount(letter.size))}</span>
        {letter.replayedAt ? <span className="tag">{words.replayed(timeAgo(letter.replayedAt))}</span> : <span className="tag accent">{words.waiting}</span>}
      </p>
    </li>
  );
}
