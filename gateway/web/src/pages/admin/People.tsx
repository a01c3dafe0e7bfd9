import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { fullCount } from '../../format';
import { ListView } from '../../ui/ListView';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { adminWords } from '../../words/admin';
import { PersonRow } from './PersonRow';
import { peopleQuery } from './queries';
import { STATUSES, type PeopleSearch } from './search';

const words = adminWords.people;
const route = getRouteApi('/admin/people');

export function PeoplePage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const people = useInfiniteQuery(peopleQuery(search));
  useDocumentTitle(words.documentTitle);
  const total = people.data?.pages[0]?.totalElements;
  return (
    <>
      <header className="bar">
        <h1>{words.title}</h1>
        <p className="quiet small">{typeof total === 'number' ? words.count(total, fullCount(total)) : '\u00a0'}</p>
      </header>
      <Filters search={search} onChange={(next) => void navigate({ to: '/admin/people', search: next, resetScroll: false })} />
      <ListView
        query={people}
        label={words.title}
        className="admin-list"
        Row={PersonRow}
        empty={
          <div className="empty">
            <h2>{words.empty}</h2>
            <p>{words.emptyHint}</p>
          </div>
        }
      />
    </>
  );
}

/** What is typed counts at Enter or when the field is left. */
function Filters({ search, onChange }: { search: PeopleSearch; onChange: (search: PeopleSearch) => void }) {
  const [typed, setTyped] = useState(search.q ?? '');
  const [seen, setSeen] = useState(search.q);
  // The address may change otherwise, as by going back.
  if (seen !== search.q) {
    setSeen(search.q);
    setTyped(search.q ?? '');
  }
  const apply = () => {
    const q = typed.trim() || undefined;
    if (q !== search.q) onChange({ ...search, q });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply();
  };
  return (
    <form className="admin-filters" role="search" aria-label={words.filters} onSubmit={submit}>
      <label className="admin-search">
        <span>{words.search}</span>
        <input type="search" className="input" dir="auto" maxLength={100} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} onBlur={apply} />
      </label>
      <label>
        <span>{words.role}</span>
        <select className="input" value={search.role ?? ''} onChange={(event) => onChange({ ...search, role: event.currentTarget.value === 'ADMIN' ? 'ADMIN' : undefined })}>
          <option value="">{words.anyRole}</option>
          <option value="ADMIN">{words.admins}</option>
        </select>
      </label>
      <label>
        <span>{words.status}</span>
        <select
          className="input"
          value={search.status ?? ''}
          onChange={(event) => onChange({ ...search, status: STATUSES.find((status) => status === event.currentTarget.value) })}
        >
          <option value="">{words.anyStatus}</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {words.statuses[status]}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}
