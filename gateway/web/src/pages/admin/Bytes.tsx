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
        <code dir="auto">{text}</code> {isBase64 && <span className="tag">{words.base64Short}</span>}
      </>
    );
  }
  return (
    <>
      {isBase64 && <p className="quiet small">{words.base64}</p>}
      <pre className="admin-bytes" dir="auto">
        {text}
      </pre>
      {isTruncated && <p className="quiet small">{words.truncated}</p>}
    </>
  );
}
