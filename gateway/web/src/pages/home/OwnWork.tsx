import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call, promptApi } from '../../api/client';
import { listQuery } from '../../api/listQuery';
import type { Prompt } from '../../api/types';
import { fullCount, shortCount, timeAgo } from '../../format';
import { Icon } from '../../ui/Icon';
import { ListView } from '../../ui/ListView';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { accountWords } from '../../words/account';
import { words as common } from '../../words/en';
import { Drafts } from './Drafts';
import { isFound, readOwnSearch, STATES, stateOf, type OwnSearch } from './filter';
import './home.css';

const words = accountWords.home;

/** One's own prompts, and what is not saved yet. */
export function OwnWork({ userId }: { userId: string }) {
  const search = readOwnSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  // The address is a render behind the keys, and would drop those of a fast typist.
  const [text, setText] = useState(search.find ?? '');
  const state = search.state ?? 'all';
  const filter = (change: OwnSearch, replace: boolean) => void navigate({ to: '/', search: { ...search, ...change }, replace, resetScroll: false });
  useDocumentTitle(words.title);
  const prompts = useInfiniteQuery(
    listQuery(['prompts', 'mine', userId], 100, (paging, signal) =>
      call(promptApi.GET('/prompts/my-prompts', { params: { query: { ...paging, sortBy: 'updatedAt' } }, signal })),
    ),
  );
  const isFiltered = text.trim() !== '' || state !== 'all';
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = prompts;
  // A filter looks through all of one's prompts, not through those that were shown.
  useEffect(() => {
    if (isFiltered && hasNextPage && !isFetchingNextPage && !isError) void fetchNextPage();
  }, [isFiltered, hasNextPage, isFetchingNextPage, isError, fetchNextPage]);
  return (
    <main id="content" className="page home">
      <header className="bar">
        <h1>{words.title}</h1>
        <div className="form-row home-filter">
          <input
            type="search"
            className="input"
            aria-label={words.filter}
            placeholder={words.filter}
            value={text}
            onChange={(event) => {
              const find = event.currentTarget.value;
              setText(find);
              filter({ find: find || undefined }, true);
            }}
          />
          <select
            className="input"
            aria-label={words.state}
            value={state}
            onChange={(event) => filter(readOwnSearch({ ...search, state: event.currentTarget.value }), false)}
          >
            {STATES.map((name) => (
              <option key={name} value={name}>
                {words.states[name]}
              </option>
            ))}
          </select>
        </div>
      </header>
      <Drafts userId={userId} />
      <ListView
        query={prompts}
        label={words.title}
        className="own-prompts"
        filter={(prompt) => isFound(prompt, state, text.trim())}
        Row={OwnPrompt}
        empty={<Empty isFiltered={isFiltered} />}
      />
    </main>
  );
}

function Empty({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <div className="empty">
        <h2>{words.nothingFound}</h2>
      </div>
    );
  }
  return (
    <div className="empty">
      <h2>{words.empty}</h2>
      <p>{words.emptyHint}</p>
      <div className="form-row">
        <Link to="/new" className="button primary">
          {common.navigation.create}
        </Link>
        <Link to="/explore" className="button">
          {words.explore}
        </Link>
      </div>
    </div>
  );
}

function OwnPrompt({ item: prompt }: { item: Prompt }) {
  const state = stateOf(prompt);
  return (
    <li className="own-prompt">
      <h2>
        <Link to="/p/$id" params={{ id: prompt.id }} className="own-link">
          <bdi>{prompt.title}</bdi>
        </Link>
      </h2>
      <p className="own-tags">
        {state !== 'PUBLIC' && <span className="tag">{words.states[state]}</span>}
        {prompt.isPremium && <span className="tag accent">{common.prompt.premium}</span>}
        <span className="quiet small">{prompt.category}</span>
      </p>
      <p className="quiet small own-figures">
        <span>v{prompt.version}</span>
        <span className="count" title={common.prompt.likes(prompt.likesCount, fullCount(prompt.likesCount))}>
          <Icon name="heart" /> {shortCount(prompt.likesCount)}
        </span>
        <span className="count" title={common.prompt.views(prompt.viewsCount, fullCount(prompt.viewsCount))}>
          <Icon name="eye" /> {shortCount(prompt.viewsCount)}
        </span>
        <time dateTime={prompt.updatedAt}>{timeAgo(prompt.updatedAt)}</time>
      </p>
      <Link to="/p/$id/edit" params={{ id: prompt.id }} className="button plain icon-only own-edit" aria-label={words.edit(prompt.title)}>
        <Icon name="pencil" />
      </Link>
    </li>
  );
}
