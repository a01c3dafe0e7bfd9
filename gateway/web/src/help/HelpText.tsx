import Markdown from '../ui/Markdown';
import assertions from '../../../../docs/help/assertions.md?raw';
import germanAssertions from '../../../../docs/help/de/assertions.md?raw';
import germanLicences from '../../../../docs/help/de/licences.md?raw';
import germanPlaceholders from '../../../../docs/help/de/placeholders.md?raw';
import licences from '../../../../docs/help/licences.md?raw';
import placeholders from '../../../../docs/help/placeholders.md?raw';
import { language, type Language } from '../words/language';
import type { HelpTopic } from './topics';

const TEXTS: Record<Language, Record<HelpTopic, string>> = {
  en: { placeholders, assertions, licences },
  de: { placeholders: germanPlaceholders, assertions: germanAssertions, licences: germanLicences },
};

/** The help on a topic, below a heading of level `above`, which says the title in its place. */
export default function HelpText({ topic, above }: { topic: HelpTopic; above: 1 | 2 }) {
  const body = TEXTS[language][topic].replace(/^# .*\n/, '').replaceAll(/^##/gm, '#');
  return <Markdown text={body} top={above === 1 ? 2 : 3} />;
}
