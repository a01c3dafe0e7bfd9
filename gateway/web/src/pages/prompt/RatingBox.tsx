import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call, promptApi } from '../../api/client';
import type { Prompt } from '../../api/types';
import { fullCount } from '../../format';
import { useAction } from '../../session/useAction';
import { useSession } from '../../session/useSession';
import { useViewer } from '../../session/useViewer';
import { Icon } from '../../ui/Icon';
import { TextArea } from '../../ui/TextArea';
import { toast } from '../../ui/Toasts';
import { words } from '../../words/en';
import { ratingQuery, refreshPrompt } from './queries';

const STARS = [1, 2, 3, 4, 5] as const;

/** What people rated a prompt, and the viewer's own rating. */
export function RatingBox({ prompt }: { prompt: Prompt }) {
  const { data } = useQuery(ratingQuery(prompt.id, useViewer()));
  const { user } = useSession();
  const count = data?.ratingsCount ?? prompt.ratingsCount;
  const average = data?.averageRating ?? prompt.averageRating;
  return (
    <section className="rating">
      <h2>{words.prompt.rating}</h2>
      <p className="small">
        {count === 0 ? <span className="quiet">{words.prompt.noRatings}</span> : words.prompt.ratedBy(average.toFixed(1), count, fullCount(count))}
      </p>
      {count > 0 && data && (
        <dl className="distribution">
          {STARS.toReversed().map((stars) => {
            const given = data.distribution[String(stars)] ?? 0;
            return (
              <div key={stars}>
                <dt aria-label={words.prompt.stars(stars)}>{stars}</dt>
                <dd>
                  <span className="meter" aria-hidden="true">
                    <span style={{ inlineSize: `${(100 * given) / count}%` }} />
                  </span>
                  <span>{fullCount(given)}</span>
                </dd>
              </div>
            );
          })}
        </dl>
      )}
      {user?.id !== prompt.userId && <OwnRating key={data?.userRating ?? 0} prompt={prompt} given={data?.userRating ?? undefined} />}
    </section>
  );
}

function OwnRating({ prompt, given }: { prompt: Prompt; given: number | undefined }) {
  const [chosen, setChosen] = useState(given);
  const [review, setReview] = useState('');
  const rate = useAction(
    (rating: number) =>
      call(promptApi.POST('/api/social/ratings', { body: { promptId: prompt.id, rating, ...(review.trim() !== '' && { review }) } })),
    {
      onDone: () => {
        toast(words.prompt.rated);
        void refreshPrompt(prompt.id);
      },
    },
  );
  return (
    <form
      className="own-rating"
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen !== undefined) rate.run(chosen);
      }}
    >
      <fieldset className="stars">
        <legend className="small">{words.prompt.yourRating}</legend>
        {STARS.map((stars) => (
          <label key={stars} className={stars <= (chosen ?? 0) ? 'star chosen' : 'star'}>
            <input type="radio" name="rating" className="visually-hidden" checked={chosen === stars} onChange={() => setChosen(stars)} />
            <Icon name="star" filled={stars <= (chosen ?? 0)} />
            <span className="visually-hidden">{words.prompt.stars(stars)}</span>
          </label>
        ))}
      </fieldset>
      {chosen !== undefined && (
        <>
          <TextArea
            className="input"
            rows={2}
            dir="auto"
            maxLength={2_000}
            aria-label={words.prompt.review}
            placeholder={words.prompt.review}
            value={review}
            onChange={(event) => setReview(event.currentTarget.value)}
          />
          <button type="submit" className="button" aria-disabled={rate.isPending}>
            {words.prompt.rate}
          </button>
        </>
      )}
    </form>
  );
}
