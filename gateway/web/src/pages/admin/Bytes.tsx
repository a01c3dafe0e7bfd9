import { useMemo } from 'react';
import { fullCount } from '../../format';
import { piecesOf } from '../../text/controls';
import { adminWords } from '../../words/admin';

const words = adminWords.letter;

interface BytesProps {
  /** Null where there were none, which is not empty. */
  text: string | null | undefined;
  isBase64: boolean;
  isTruncated: boolean;
  isInline?: boolean;
}

/** Bytes of a message as they came: text only, whatever is in it. */
export function Bytes({ text, isBase64, isTruncated, isInline = false }: BytesProps) {
  if (typeof text !== 'string') return <p className="quiet">{words.isNull}</p>;
  if (text === '') return <p className="quiet">{words.isEmpty}</p>;
  if (isInline) {
    return (
      <>
        <code dir="auto">
          <Visible text={text} />
        </code>{' '}
        {isBase64 && <span className="tag">{words.base64Short}</span>}
      </>
    );
  }
  return (
    <>
      {isBase64 && <p className="quiet small">{words.base64}</p>}
      <pre className="admin-bytes" dir="auto">
        <Visible text={text} />
      </pre>
      {isTruncated && <p className="quiet small">{words.truncated}</p>}
    </>
  );
}

/** A text in which the characters are named that would hide, or turn round what follows. */
function Visible({ text }: { text: string }) {
  const pieces = useMemo(() => piecesOf(text), [text]);
  return pieces.map((piece, place) =>
    piece.kind === 'text' ? (
      piece.text
    ) : (
      <mark key={place} className="admin-control">
        {piece.count === 1 ? piece.name : words.repeated(piece.name, fullCount(piece.count))}
      </mark>
    ),
  );
}
