import type { WordPart } from '../text/diff';
import './marked-words.css';

/** A text whose removed and added words are marked. */
export function MarkedWords({ parts }: { parts: readonly WordPart[] }) {
  return parts.map((part, index) => {
    if (part.kind === 'removed') return <del key={index}>{part.text}</del>;
    if (part.kind === 'added') return <ins key={index}>{part.text}</ins>;
    return part.text;
  });
}
