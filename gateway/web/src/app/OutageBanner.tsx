import { useOutages } from '../api/outages';
import { words } from '../words/en';

/** Says what is away, and goes when it is back. */
export function OutageBanner() {
  const outages = useOutages();
  const services = outages.flatMap((outage) => (outage === 'offline' ? [] : [words.outage.services[outage]]));
  const text = outages.includes('offline') ? words.outage.offline : words.outage.away(services.join(', '));
  // The region is always there: a screen reader announces only what changes inside one.
  return <div role="status">{outages.length > 0 && <p className="banner">{text}</p>}</div>;
}
