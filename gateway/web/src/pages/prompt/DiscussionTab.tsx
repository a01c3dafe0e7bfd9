import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { call, newIdempotencyKey, promptApi } from '../../api/client';
import type { Prompt } from '../../api/types';
import { timeAgo } from '../../format';
import { useViewer } from '../../session/useViewer';
import { Failure } from '../../ui/Failure';
import { Icon } from '../../ui/Icon';
import { useFailure } from '../../ui/useFailure';
import { words } from '../../words/en';
import { CommentForm } from './CommentForm';
import { CommentThread } from './CommentThread';
import './discussion.css';
import { commentsQuery, refreshPrompt, reviewsQuery } from './queries';

/** What people say about a prompt: comments with their replies, and reviews. */
export function DiscussionTab({ prompt }: { prompt: Prompt }) {
  const viewer = useViewer();
  const query = useInfiniteQuery(commentsQuery(prompt.id, viewer));
  const failure = useFailure(query);
  const comments = query.data?.pages.flatMap((page) => page.content) ?? [];
  const refresh = () => void refreshPrompt(prompt.id);
  return (
    <div className="discussion">
      <section aria-label={words.discussion.comments}>
        <CommentForm
          label={words.discussion.write}
          submit={words.discussion.comment}
          onSubmit={(content, key) =>
            call(promptApi.POST('/api/social/comments', { params: { header: { 'Idempotency-Key': key } }, body: { promptId: prompt.id, content } }))
          }
          onDone={refresh}
          newKey={newIdempotencyKey}
          keepAs={`comment:${prompt.id}`}
        />
        {failure !== null && comments.length === 0 && <Failure error={failure} onRetry={() => void query.refetch()} />}
        {query.isPending && failure === null && <div className="skeleton comment-skeleton" aria-hidden="true" />}
        {query.isSuccess && comments.length === 0 && <p className="quiet discussion-empty">{words.discussion.empty}</p>}
        <ul>
          {comments.map((comment) => (
            <CommentThread key={comment.id} comment={comment} prompt={prompt} onChanged={refresh} />
          ))}
        </ul>
        {query.hasNextPage && (
          <button type="button" className="button" onClick={() => void query.fetchNextPage()}>
            {words.explore.more}
          </button>
        )}
      </section>
      <Reviews prompt={prompt} />
    </div>
  );
}

function Reviews({ prompt }: { prompt: Prompt }) {
  const { data } = useQuery(reviewsQuery(prompt.id, useViewer()));
  const reviews = data?.content.filter((rating) => rating.review !== null && rating.review !== undefined) ?? [];
  if (reviews.length === 0) return null;
  return (
    <section className="reviews" aria-label={words.discussion.reviews}>
      <h2>{words.discussion.reviews}</h2>
      <ul>
        {reviews.map((rating) => (
          <li key={rating.userId}>
            <p className="small">
              <bdi>{rating.username}</bdi>
              <span className="count" aria-label={words.prompt.stars(rating.rating)} role="img">
                <Icon name="star" filled />
                {rating.rating}
              </span>
              <time className="quiet" dateTime={rating.updatedAt}>
                {timeAgo(rating.updatedAt)}
              </time>
            </p>
            <p className="comment-text">{rating.review}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
