import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { EvaluationRunSummary, Profile, ReceivedComment, Transaction } from '../../api/types';
import { exactTime, fullCount, money, timeAgo } from '../../format';
import { Avatar } from '../../ui/Avatar';
import { Icon, type IconName } from '../../ui/Icon';
import { Sentence } from '../../ui/Sentence';
import { noticeWords as words } from '../../words/notices';
import { beginningOf, type Notice } from './order';

/** Something that happened, as a sentence whose names lead to what it is about. */
export function NoticeRow({ notice }: { notice: Notice }) {
  switch (notice.kind) {
    case 'sale':
      return <SaleRow sale={notice.sale} time={notice.time} />;
    case 'comment':
      return <CommentRow comment={notice.comment} />;
    case 'run':
      return <RunRow run={notice.run} />;
    case 'follower':
      return <FollowerRow follower={notice.follower} />;
  }
}

function SaleRow({ sale, time }: { sale: Transaction; time: string }) {
  const title = (
    <Link to="/p/$id" params={{ id: sale.promptId }}>
      <bdi>{sale.license?.promptTitle ?? words.untitled}</bdi>
    </Link>
  );
  return (
    <Row mark={<Mark icon="tag" />} sentence={words.sold(money(sale.amount, sale.currency))} parts={{ title }}>
      <p className="notice-facts quiet small">
        <Time time={time} text={timeAgo(time)} />
        <span>{words.types[sale.licenseType]}</span>
        {sale.status === 'REFUNDED' && <span className="tag">{words.refunded}</span>}
      </p>
    </Row>
  );
}

function CommentRow({ comment }: { comment: ReceivedComment }) {
  const title = (
    <Link to="/p/$id" params={{ id: comment.promptId }} search={{ tab: 'discussion' }}>
      <bdi>{comment.promptTitle}</bdi>
    </Link>
  );
  // A reply that somebody received is one to their own comment.
  const sentence = typeof comment.parentId === 'string' ? words.answered : words.commented;
  return (
    <Row mark={<Avatar name={comment.username} />} sentence={sentence} parts={{ name: <Person name={comment.username} />, title }}>
      {typeof comment.content === 'string' && (
        <p className="notice-quote small" dir="auto">
          {beginningOf(comment.content)}
        </p>
      )}
      <p className="notice-facts quiet small">
        <Time time={comment.createdAt} text={timeAgo(comment.createdAt)} />
      </p>
    </Row>
  );
}

function RunRow({ run }: { run: EvaluationRunSummary }) {
  const dataset = (
    <Link to="/tests/runs/$id" params={{ id: run.id }}>
      <bdi>{run.datasetName ?? words.deletedDataset}</bdi>
    </Link>
  );
  return (
    <Row mark={<Mark icon="run" />} sentence={words.ended(fullCount(run.passed), fullCount(run.progress.total))} parts={{ dataset }}>
      <p className="notice-facts quiet small">
        <Time time={run.createdAt} text={words.started(timeAgo(run.createdAt))} />
      </p>
    </Row>
  );
}

function FollowerRow({ follower }: { follower: Profile }) {
  return <Row mark={<Avatar name={follower.username} />} sentence={words.follows} parts={{ name: <Person name={follower.username} /> }} />;
}

interface RowProps {
  mark: ReactNode;
  sentence: string;
  parts: Record<string, ReactNode>;
  children?: ReactNode;
}

function Row({ mark, sentence, parts, children }: RowProps) {
  return (
    <li className="notice-row">
      {mark}
      <div className="notice-text">
        <p>
          <Sentence words={sentence} parts={parts} />
        </p>
        {children}
      </div>
    </li>
  );
}

/** Stands where a person has their letter. */
function Mark({ icon }: { icon: IconName }) {
  return (
    <span className="notice-mark">
      <Icon name={icon} />
    </span>
  );
}

function Person({ name }: { name: string }) {
  return (
    <Link to="/u/$name" params={{ name }}>
      <bdi>{name}</bdi>
    </Link>
  );
}

function Time({ time, text }: { time: string; text: string }) {
  return (
    <time dateTime={time} title={exactTime(time)}>
      {text}
    </time>
  );
}
