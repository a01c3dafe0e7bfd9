import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { readAmount } from '../../text/amount';
import { words as common } from '../../words/en';
import { marketWords as words } from '../../words/market';
import { categoriesQuery } from '../explore/queries';
import { MARKET_SORTS, type MarketSearch } from './search';

interface FiltersProps {
  search: MarketSearch;
  onChange: (search: MarketSearch) => void;
}

const typedOf = ({ q, min, max }: MarketSearch) => ({ q: q ?? '', min: min?.toString() ?? '', max: max?.toString() ?? '' });

/** The filters of the market. What is typed counts at Enter or when the field is left. */
export function Filters({ search, onChange }: FiltersProps) {
  const categories = useQuery(categoriesQuery);
  const [typed, setTyped] = useState(typedOf(search));
  const [seen, setSeen] = useState(search);
  // The address may change otherwise, as by going back.
  if (seen.q !== search.q || seen.min !== search.min || seen.max !== search.max) {
    setSeen(search);
    setTyped(typedOf(search));
  }
  const apply = () => {
    const next = { ...search, q: typed.q.trim() || undefined, min: readAmount(typed.min), max: readAmount(typed.max) };
    if (next.q !== search.q || next.min !== search.min || next.max !== search.max) onChange(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply();
  };
  const known = categories.data?.content.map((category) => category.name) ?? [];
  return (
    <form className="market-filters" role="search" aria-label={words.search} onSubmit={submit}>
      <label className="market-search">
        <span>{words.search}</span>
        <input type="search" className="input" dir="auto" value={typed.q} onChange={(event) => setTyped({ ...typed, q: event.currentTarget.value })} onBlur={apply} />
      </label>
      <label>
        <span>{words.category}</span>
        <select className="input" value={search.category ?? ''} onChange={(event) => onChange({ ...search, category: event.currentTarget.value || undefined })}>
          <option value="">{words.anyCategory}</option>
          {search.category !== undefined && !known.includes(search.category) && <option value={search.category}>{search.category}</option>}
          {known.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="market-price">
        <span>{words.min}</span>
        <input className="input" inputMode="decimal" value={typed.min} onChange={(event) => setTyped({ ...typed, min: event.currentTarget.value })} onBlur={apply} />
      </label>
      <label className="market-price">
        <span>{words.max}</span>
        <input className="input" inputMode="decimal" value={typed.max} onChange={(event) => setTyped({ ...typed, max: event.currentTarget.value })} onBlur={apply} />
      </label>
      <label>
        <span>{words.sort}</span>
        <select
          className="input"
          value={search.sort ?? 'newest'}
          onChange={(event) => onChange({ ...search, sort: MARKET_SORTS.find((sort) => sort === event.currentTarget.value) })}
        >
          {MARKET_SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {words.sorts[sort]}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="visually-hidden">
        {common.search.label}
      </button>
    </form>
  );
}
