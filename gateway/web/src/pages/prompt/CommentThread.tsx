import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef, useState, type Ref } from 'react';
import { call, newIdempotencyKey, promptApi } from '../../api/client';
import type { Comment, Prompt } from '../../api/types';
import { exactTime, fullCount, timeAgo } from '../../format';
import { useAction } from '../../session/useAction';
import { useViewer } from '../../session/useViewer';
import { Avatar } from '../../ui/Avatar';
import { Icon } from '../../ui/Icon';
import { words } from '../../words/en';
import { CommentForm } from './CommentForm';

interface CommentProps {
  comment: Comment;
  prompt: Prompt;
  onChanged: () => void;
}

/** A comment and its replies; replies have none of their own. */
export function CommentThread({ comment, prompt, onChanged }: CommentProps) {
  const [isReplying, setReplying] = useState(false);
  const replyButton = useRef<HTMLButtonElement>(null);
  const close = () => {
    setReplying(false);
    replyButton.current?.focus();
  };
  return (
    <li className="thread">
      <CommentBody comment={comment} prompt={prompt} onChanged={onChanged} onReply={() => setReplying(true)} replyButton={replyButton} />
      <ul className="replies">
        {comment.replies.map((reply) => (
          <li key={reply.id}>
            <CommentBody comment={reply} prompt={prompt} onChanged={onChanged} />
          </li>
        ))}
        {comment.repliesCount > comment.replies.length && <MoreReplies comment={comment} prompt={prompt} onChanged={onChanged} />}
      </ul>
      {isReplying && (
        <CommentForm
          label={words.discussion.replyTo(comment.username)}
          submit={words.discussion.reply}
          newKey={newIdempotencyKey}
          onSubmit={(content, key) =>
            call(
              promptApi.POST('/api/social/comments', {
                params: { header: { 'Idempotency-Key': key } },
                body: { promptId: prompt.id, content, parentId: comment.id },
              }),
            )
          }
          isOpened
          onDone={() => {
            close();
            onChanged();
          }}
          onCancel={close}
        />
      )}
    </li>
  );
}

/** The replies after those that came with the comment, loaded when they are asked for. */
function MoreReplies({ comment, prompt, onChanged }: CommentProps) {
  const [isOpen, setOpen] = useState(false);
  const viewer = useViewer();
  const query = useInfiniteQuery({
    queryKey: ['prompt', prompt.id, 'replies', comment.id, viewer],
    queryFn: ({ pageParam, signal }) =>
      call(
        promptApi.GET('/api/social/comments/{id}/replies', {
          params: { path: { id: comment.id }, query: { size: 50, ...(pageParam !== undefined && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    enabled: isOpen,
  });
  const shown = new Set(comment.replies.map((reply) => reply.id));
  const more = query.data?.pages.flatMap((page) => page.content).filter((reply) => !shown.has(reply.id)) ?? [];
  return (
    <>
      {more.map((reply) => (
        <li key={reply.id}>
          <CommentBody comment={reply} prompt={prompt} onChanged={onChanged} />
        </li>
      ))}
      {(!isOpen || query.hasNextPage) && (
        <li>
          <button type="button" className="button plain" onClick={() => (isOpen ? void query.fetchNextPage() : setOpen(true))}>
            {words.discussion.moreReplies}
          </button>
        </li>
      )}
    </>
  );
}

function CommentBody({ comment, prompt, onChanged, onReply, replyButton }: CommentProps & { onReply?: () => void; replyButton?: Ref<HTMLButtonElement> }) {
  const [isEditing, setEditing] = useState(false);
  const article = useRef<HTMLElement>(null);
  const stopEditing = () => {
    setEditing(false);
    // The button that opened the form is drawn again.
    article.current?.focus();
  };
  const viewer = useViewer();
  const path = { path: { id: comment.id } };
  const remove = useAction(() => call(promptApi.DELETE('/api/social/comments/{id}', { params: path })), { onDone: onChanged });
  const like = useAction(
    (isLiked: boolean) =>
      isLiked
        ? call(promptApi.POST('/api/social/comments/{id}/like', { params: path }))
        : call(promptApi.DELETE('/api/social/comments/{id}/like', { params: path })),
    { onDone: onChanged },
  );
  const isDeleted = comment.content === null || comment.content === undefined;
  return (
    <article ref={article} className="comment" tabIndex={-1}>
      <p className="comment-head small">
        <Avatar name={comment.username} size={20} />
        <Link to="/u/$name" params={{ name: comment.username }}>
          <bdi>{comment.username}</bdi>
        </Link>
        {comment.userId === prompt.userId && <span className="tag">{words.discussion.author}</span>}
        <time className="quiet" dateTime={comment.createdAt} title={exactTime(comment.createdAt)}>
          {timeAgo(comment.createdAt)}
        </time>
      </p>
      {isEditing ? (
        <CommentForm
          label={words.discussion.edit}
          submit={words.discussion.save}
          initial={comment.content ?? ''}
          newKey={newIdempotencyKey}
          onSubmit={(content) => call(promptApi.PUT('/api/social/comments/{id}', { params: path, body: { content } }))}
          isOpened
          onDone={() => {
            stopEditing();
            onChanged();
          }}
          onCancel={stopEditing}
        />
      ) : (
        <p className={isDeleted ? 'comment-text quiet' : 'comment-text'}>{comment.content ?? words.discussion.deleted}</p>
      )}
      {!isDeleted && !isEditing && (
        <div className="comment-buttons">
          <button
            type="button"
            className="button plain"
            aria-pressed={comment.userHasLiked}
            aria-label={words.prompt.like(fullCount(comment.likesCount))}
            onClick={() => like.run(!comment.userHasLiked)}
          >
            <Icon name="heart" filled={comment.userHasLiked} />
            {comment.likesCount > 0 && fullCount(comment.likesCount)}
          </button>
          {onReply && (
            <button ref={replyButton} type="button" className="button plain" onClick={onReply}>
              {words.discussion.reply}
            </button>
          )}
          {viewer === comment.userId && (
            <>
              <button type="button" className="button plain" onClick={() => setEditing(true)}>
                {words.discussion.edit}
              </button>
              <button type="button" className="button plain" onClick={() => remove.run(undefined)}>
                {words.discussion.remove}
              </button>
            </>
          )}
        </div>
      )}
    </article>
  );
}
