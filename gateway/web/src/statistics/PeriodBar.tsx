import { statisticsWords } from '../words/statistics';
import { dayAt, daysOf, ownZone, rangeOf } from './period';
import { RANGES, type PeriodSearch } from './search';
import './statistics.css';

const words = statisticsWords.period;

interface PeriodBarProps {
  search: PeriodSearch;
  onChange: (period: PeriodSearch) => void;
}

/** Chooses which days are shown, and of which zone. */
export function PeriodBar({ search, onChange }: PeriodBarProps) {
  const range = rangeOf(search);
  const zone = search.zone ?? ownZone();
  // What is chosen says its zone too: who follows the link sees the same days.
  const chooseRange = (value: string) => {
    const chosen = RANGES.find((known) => String(known) === value);
    if (chosen !== undefined) return onChange({ range: chosen, zone });
    const now = Date.now();
    onChange({ since: daysOf(search, now).since, until: dayAt(now, zone), zone });
  };
  return (
    <fieldset className="figure-filters">
      <legend className="visually-hidden">{words.label}</legend>
      <label>
        <span>{words.range}</span>
        <select className="input" value={range ?? ''} onChange={(event) => chooseRange(event.currentTarget.value)}>
          {RANGES.map((known) => (
            <option key={known} value={known}>
              {words.ranges[known]}
            </option>
          ))}
          <option value="">{words.chosen}</option>
        </select>
      </label>
      {range === null && <Days search={search} onChange={(days) => onChange({ ...days, zone })} />}
      <label>
        <span>{words.zone}</span>
        <ZoneSelect zone={zone} onChange={(chosen) => onChange({ range: search.range, since: search.since, until: search.until, zone: chosen })} />
      </label>
    </fieldset>
  );
}

/** The first and the last day. A field that is emptied, or only half written, changes nothing. */
function Days({ search: { since, until }, onChange }: PeriodBarProps) {
  return (
    <>
      <label>
        <span>{words.since}</span>
        <input type="date" className="input" value={since} max={until} onChange={({ currentTarget: { value } }) => value !== '' && onChange({ since: value, until })} />
      </label>
      <label>
        <span>{words.until}</span>
        <input type="date" className="input" value={until ?? ''} min={since} onChange={({ currentTarget: { value } }) => value !== '' && onChange({ since, until: value })} />
      </label>
    </>
  );
}

function ZoneSelect({ zone, onChange }: { zone: string; onChange: (zone: string) => void }) {
  const own = ownZone();
  const first = [...new Set([own, 'UTC', zone])];
  const others = Intl.supportedValuesOf('timeZone').filter((known) => !first.includes(known));
  return (
    <select className="input" value={zone} onChange={(event) => onChange(event.currentTarget.value)}>
      {[...first, ...others].map((known) => (
        <option key={known} value={known}>
          {known === own ? words.ownZone(known) : known}
        </option>
      ))}
    </select>
  );
}
