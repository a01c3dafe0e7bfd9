import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Pipeline } from '../../api/types';
import { exactTime, fullCount, timeAgo } from '../../format';
import { Failure } from '../../ui/Failure';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { useFailure } from '../../ui/useFailure';
import { adminWords } from '../../words/admin';
import { Health } from './Health';
import { pipelineQuery } from './queries';

const words = adminWords.pipeline;

export function PipelinePage() {
  useDocumentTitle(words.documentTitle);
  return (
    <>
      <header className="bar">
        <h1>{words.title}</h1>
        <p className="quiet small">{words.refreshed}</p>
      </header>
      <Health />
      <Events />
    </>
  );
}

function Events() {
  const pipeline = useQuery(pipelineQuery);
  const failure = useFailure(pipeline);
  return (
    <section className="admin-part" aria-labelledby="pipeline-events">
      <h2 id="pipeline-events">{words.events}</h2>
      {failure !== null && <Failure error={failure} onRetry={() => void pipeline.refetch()} />}
      {failure !== null && pipeline.data && <p className="quiet small">{words.asOf(exactTime(new Date(pipeline.dataUpdatedAt).toISOString()))}</p>}
      {pipeline.isPending && failure === null && <div className="skeleton admin-skeleton" aria-hidden="true" />}
      {pipeline.data && <Figures pipeline={pipeline.data} />}
    </section>
  );
}

function Figures({ pipeline }: { pipeline: Pipeline }) {
  const { partitions, eventsPerSecond, lastEventAt, deadLetters } = pipeline;
  const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
  const topics = [...new Set(partitions.map((partition) => partition.topic))];
  return (
    <>
      <dl className="admin-figures">
        <Figure name={words.lag}>{fullCount(lag)}</Figure>
        <Figure name={words.perSecond}>{fullCount(eventsPerSecond)}</Figure>
        <Figure name={words.lastEvent}>{lastEventAt ? <time dateTime={lastEventAt}>{timeAgo(lastEventAt)}</time> : words.noEvent}</Figure>
        <Figure name={words.deadLetters}>
          <Link to="/admin/dead-letters" search={{ show: 'all' }}>
            {fullCount(deadLetters)}
          </Link>
        </Figure>
      </dl>
      {topics.length === 0 && <p className="quiet">{words.noPartitions}</p>}
      <div className="admin-topics">
        {topics.map((topic) => (
          <Partitions key={topic} topic={topic} partitions={partitions.filter((partition) => partition.topic === topic)} />
        ))}
      </div>
    </>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="quiet small">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Partitions({ topic, partitions }: { topic: string; partitions: Pipeline['partitions'] }) {
  return (
    <table className="admin-table">
      <caption>
        <bdi>{topic}</bdi>
      </caption>
      <thead>
        <tr>
          <th scope="col">{words.partition}</th>
          <th scope="col">{words.position}</th>
          <th scope="col">{words.end}</th>
          <th scope="col">{words.partitionLag}</th>
        </tr>
      </thead>
      <tbody>
        {partitions.map(({ partition, position, end, lag }) => (
          <tr key={partition} data-behind={lag > 0 || undefined}>
            <th scope="row">{fullCount(partition)}</th>
            <td>{fullCount(position)}</td>
            <td>{fullCount(end)}</td>
            <td>{fullCount(lag)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
