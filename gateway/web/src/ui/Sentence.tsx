import { Fragment, type ReactNode } from 'react';

interface SentenceProps {
  /** What it says, with the names of its parts in braces: each language has them where they belong. */
  words: string;
  parts: Record<string, ReactNode>;
}

/** A sentence with links or names of people in it. */
export function Sentence({ words, parts }: SentenceProps) {
  // Every second piece is a name.
  return words.split(/\{(\w+)\}/).map((piece, index) => (
    // Pieces have no name of their own, and stay where they are.
    // oxlint-disable-next-line react/no-array-index-key
    <Fragment key={index}>{index % 2 === 0 ? piece : parts[piece]}</Fragment>
  ));
}
