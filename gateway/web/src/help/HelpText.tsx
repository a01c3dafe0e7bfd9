import Markdown from '../ui/Markdown';
import assertions from '../../../../docs/help/assertions.md?raw';
import licences from '../../../../docs/help/licences.md?raw';
import placeholders from '../../../../docs/help/placeholders.md?raw';
import type { HelpTopic } from './topics';

const TEXTS: Record<HelpTopic, string> = { placeholders, assertions, licences };

/** The help on a topic, below a heading of level `above`, which says the title in its place. */
export default function HelpText({ topic, above }: { topic: HelpTopic; above: 1 | 2 }) {
  const body = TEXTS[topic].replace(/^# .*\n/, '').replaceAll(/^##/gm, '#');
  return <Markdown text={body} top={above === 1 ? 2 : 3} />;
}
