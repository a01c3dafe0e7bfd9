import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { isProblem } from '../../api/problem';
import type { Replay, WholeDeadLetter } from '../../api/types';
import { exactTime, fullCount } from '../../format';
import { copyText } from '../../text/clipboard';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Failure } from '../../ui/Failure';
import { toast } from '../../ui/Toasts';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { adminWords } from '../../words/admin';
import { Bytes } from './Bytes';
import { letterQuery, replayLetter } from './queries';

const words = adminWords.letter;
const route = getRouteApi('/admin/dead-letters/$letterId');

export function DeadLetterPage() {
  const { letterId } = route.useParams();
  const letter = useQuery(letterQuery(letterId));
  useDocumentTitle(words.documentTitle);
  const isGone = isProblem(letter.error, 404, 400);
  return (
    <>
      <p className="small">
        <Link to="/admin/dead-letters">{words.back}</Link>
      </p>
      <h1>{isGone ? words.gone : words.title}</h1>
      {letter.isError && !isGone && <Failure error={letter.error} onRetry={() => void letter.refetch()} />}
      {letter.isPending && <div className="skeleton admin-skeleton" aria-hidden="true" />}
      {letter.data && <Letter key={letterId} letter={letter.data} />}
    </>
  );
}

function Letter({ letter }: { letter: WholeDeadLetter }) {
  const [isAsked, setAsked] = useState(false);
  const [replay, setReplay] = useState<Replay | null>(null);
  const copy = async () => {
    const isCopied = await copyText(letter.payload ?? '');
    toast(isCopied ? (letter.payloadTruncated ? words.copiedPart : words.copied) : words.notCopied);
  };
  return (
    <>
      <Facts letter={letter} />
      <div className="form-row">
        <button type="button" className="button primary" onClick={() => setAsked(true)}>
          {words.replay}
        </button>
        {letter.payload && (
          <button type="button" className="button" onClick={() => void copy()}>
            {words.copy}
          </button>
        )}
      </div>
      {/* The region is always there: a screen reader announces only what changes inside one. */}
      <div role="status">{replay && <Outcome replay={replay} />}</div>
      <section className="admin-part" aria-labelledby="letter-payload">
        <h2 id="letter-payload">{words.payload}</h2>
        <Bytes text={letter.payload} isBase64={letter.payloadIsBase64} isTruncated={letter.payloadTruncated} />
      </section>
      <section className="admin-part" aria-labelledby="letter-key">
        <h2 id="letter-key">{words.key}</h2>
        <Bytes text={letter.key} isBase64={letter.keyIsBase64} isTruncated={letter.keyTruncated} />
      </section>
      <Headers letter={letter} />
      {isAsked && (
        <ConfirmDialog
          title={words.replayTitle}
          action={words.confirm}
          busy={words.replaying}
          onConfirm={async () => setReplay(await replayLetter(letter.id))}
          onClose={() => setAsked(false)}
        >
          <p>{words.replayHint}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

function Outcome({ replay }: { replay: Replay }) {
  return (
    <div className={replay.outcome === 'REFUSED' ? 'notice danger' : 'notice'}>
      <p>{words.outcomes[replay.outcome]}</p>
      {replay.reason && (
        <p>
          <bdi>{replay.reason}</bdi>
        </p>
      )}
    </div>
  );
}

function Facts({ letter }: { letter: WholeDeadLetter }) {
  return (
    <dl className="admin-facts">
      <Fact name={words.facts.reason}>
        <bdi>{letter.reason}</bdi>
      </Fact>
      <Fact name={words.facts.receivedAt}>
        <time dateTime={letter.receivedAt}>{exactTime(letter.receivedAt)}</time>
      </Fact>
      <Fact name={words.facts.replayedAt}>{letter.replayedAt ? <time dateTime={letter.replayedAt}>{exactTime(letter.replayedAt)}</time> : words.notReplayed}</Fact>
      <Fact name={words.facts.topic}>
        <bdi>{letter.topic}</bdi>
      </Fact>
      <Fact name={words.facts.partition}>{fullCount(letter.partition)}</Fact>
      <Fact name={words.facts.offset}>{fullCount(letter.offset)}</Fact>
      <Fact name={words.facts.size}>{adminWords.letters.size(letter.size, fullCount(letter.size))}</Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Headers({ letter }: { letter: WholeDeadLetter }) {
  return (
    <section className="admin-part" aria-labelledby="letter-headers">
      <h2 id="letter-headers">{words.headers}</h2>
      {letter.headers.length === 0 && <p className="quiet">{words.noHeaders}</p>}
      <dl className="admin-headers">
        {letter.headers.map((header, index) => (
          // Names may repeat.
          <div key={index}>
            <dt>
              <bdi>{header.name}</bdi>
            </dt>
            <dd>
              <Bytes text={header.value} isBase64={header.valueIsBase64} isTruncated={false} isInline />
            </dd>
          </div>
        ))}
      </dl>
      {letter.headersTruncated && <p className="quiet small">{words.truncated}</p>}
    </section>
  );
}
