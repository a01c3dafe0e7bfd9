//! Likes, ratings and comments of a prompt.

use ids::{CommentId, PromptId, UserId};
use prompt_service::rows::{CommentLikeRow, CommentRow, LikeRow, RatingRow};
use timestamp::Timestamp;

use super::{
    counters::Trend,
    people::{DistinctPeople, People},
    plan::Plan,
    prompts::Prompt,
    rng::{Rng, Stream},
    rows::Tables,
    text,
};

/// The views of a prompt for each like or comment.
const VIEWS_PER_REACTION: u32 = 12;

/// The most likes of a comment.
const COMMENT_LIKES: usize = 10;

/// A maker of reactions, for one prompt after another.
pub struct Reactions<'a> {
    plan: &'a Plan,
    people: &'a People,
    crowd: DistinctPeople,
}

impl<'a> Reactions<'a> {
    pub fn new(plan: &'a Plan, people: &'a People) -> Self {
        Self { plan, people, crowd: DistinctPeople::new(people.count()) }
    }

    /// Adds the rows of a prompt to the tables, and counts them.
    pub fn add_to(&mut self, prompt: &mut Prompt, number: usize, tables: &mut Tables) {
        let mut rng = Rng::new(self.plan.seed, Stream::Reactions, number as u64);
        self.likes(prompt, self.plan.likes[number], &mut rng, tables);
        self.ratings(prompt, self.plan.ratings[number], &mut rng, tables);
        self.comments(prompt, self.plan.comments[number], &mut rng, tables);
        let counts = &mut prompt.counts;
        if prompt.access.is_readable() {
            let others = rng.below(30) as i64;
            counts.views =
                (counts.likes + counts.comments) * i64::from(VIEWS_PER_REACTION) + others;
            counts.trend.add(Trend::VIEW * others as f64, prompt.created_at);
        }
        // The creation of a prompt counts as a view.
        counts.trend.add(Trend::VIEW, prompt.created_at);
    }

    fn likes(&mut self, prompt: &mut Prompt, count: u32, rng: &mut Rng, tables: &mut Tables) {
        self.crowd.without(prompt.author);
        for _ in 0..count {
            let person = self.crowd.next(rng);
            let time = self.time(person, prompt.created_at, rng);
            tables.likes.push(&LikeRow {
                prompt_id: PromptId(prompt.id),
                user_id: UserId(self.people.ids[person]),
                created_at: Timestamp::from_millis(time),
            });
            let viewed = Trend::VIEW * f64::from(VIEWS_PER_REACTION);
            prompt.counts.trend.add(Trend::LIKE + viewed, time);
        }
        prompt.counts.likes = count.into();
    }

    fn ratings(&mut self, prompt: &mut Prompt, count: u32, rng: &mut Rng, tables: &mut Tables) {
        let quality = 3.0 + 1.7 * rng.unit();
        self.crowd.without(prompt.author);
        for _ in 0..count {
            let person = self.crowd.next(rng);
            let rating = (quality + 0.9 * rng.normal()).round().clamp(1.0, 5.0) as i16;
            let review = rng.chance(0.15).then(|| text::remark(rng, prompt.text.language));
            let time = Timestamp::from_millis(self.time(person, prompt.created_at, rng));
            tables.ratings.push(&RatingRow {
                prompt_id: PromptId(prompt.id),
                user_id: UserId(self.people.ids[person]),
                username: self.people.usernames[person].clone(),
                rating,
                review,
                created_at: time,
                updated_at: time,
            });
            prompt.counts.ratings[rating as usize - 1] += 1;
        }
    }

    fn comments(&mut self, prompt: &mut Prompt, count: u32, rng: &mut Rng, tables: &mut Tables) {
        let mut top = Vec::new();
        for _ in 0..count {
            let person = rng.active(self.people.count());
            let parent = if !top.is_empty() && rng.chance(0.3) {
                Some(top[rng.below(top.len())])
            } else {
                None
            };
            let earliest = parent.map_or(prompt.created_at, |(_, time)| time);
            let time = self.time(person, earliest, rng);
            let id = rng.id(time);
            if parent.is_none() {
                top.push((id, time));
            }
            prompt.counts.trend.add(Trend::VIEW * f64::from(VIEWS_PER_REACTION), time);
            let mut likes = 0_i64;
            if rng.chance(0.15) {
                self.crowd.without(person);
                let most = COMMENT_LIKES.min(self.people.count() / 2);
                for _ in 0..rng.zipf(most + 1) {
                    let other = self.crowd.next(rng);
                    tables.comment_likes.push(&CommentLikeRow {
                        comment_id: CommentId(id),
                        user_id: UserId(self.people.ids[other]),
                        created_at: Timestamp::from_millis(self.time(other, time, rng)),
                    });
                    likes += 1;
                }
            }
            tables.comments.push(&CommentRow {
                id: CommentId(id),
                prompt_id: PromptId(prompt.id),
                user_id: UserId(self.people.ids[person]),
                username: self.people.usernames[person].clone(),
                parent_id: parent.map(|(id, _)| CommentId(id)),
                content: text::remark(rng, prompt.text.language),
                likes_count: likes,
                created_at: Timestamp::from_millis(time),
                updated_at: Timestamp::from_millis(time),
            });
        }
        prompt.counts.comments = count.into();
    }

    /// Returns the time of a reaction, which is not before the person's registration.
    fn time(&self, person: usize, earliest: i64, rng: &mut Rng) -> i64 {
        self.plan.after(earliest.max(self.people.registered_at[person]), rng)
    }
}
