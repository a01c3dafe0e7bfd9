//! Who follows whom.

use ids::UserId;
use pg::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{PgExecutor, query, query_as, query_scalar};

use super::{Slice, profile};
use crate::domain::Profile;

/// Nothing when they do already. False when there is no such person to follow, or they are suspended.
pub async fn insert(
    executor: impl PgExecutor<'_>,
    follower: UserId,
    followee: UserId,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"with followee as (select id from users where id = $2 and active),
           made as (
               insert into follows (follower_id, followee_id) select $1, id from followee
               on conflict on constraint follows_pkey do nothing)
           select exists (select from followee) as "found!""#,
        follower.0,
        followee.0,
    )
    .fetch_one(executor)
    .await
}

/// Nothing when they do not.
pub async fn delete(
    executor: impl PgExecutor<'_>,
    follower: UserId,
    followee: UserId,
) -> sqlx::Result<()> {
    query!(
        "delete from follows where follower_id = $1 and followee_id = $2",
        follower.0,
        followee.0,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Whether one follows the other; `None` when there is no such other, or they are suspended.
pub async fn check(
    executor: impl PgExecutor<'_>,
    follower: UserId,
    followee: UserId,
) -> sqlx::Result<Option<bool>> {
    query_scalar!(
        r#"select exists (select from follows where follower_id = $1 and followee_id = u.id) as "follows!"
           from users u where u.id = $2 and u.active"#,
        follower.0,
        followee.0,
    )
    .fetch_optional(executor)
    .await
}

/// How many follow someone, and are followed by them; nobody who is suspended counts.
pub struct Counts {
    pub followers: i64,
    pub following: i64,
}

/// `None` when there is no such user, or they are suspended.
pub async fn counts(executor: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<Option<Counts>> {
    // Who is suspended is subtracted: they are few, and all others are counted in an index alone.
    query_as!(
        Counts,
        r#"select (select count(*) from follows where followee_id = u.id)
                  - (select count(*) from users s
                         join follows f on f.follower_id = s.id and f.followee_id = u.id
                     where not s.active) as "followers!",
                  (select count(*) from follows where follower_id = u.id)
                  - (select count(*) from users s
                         join follows f on f.followee_id = s.id and f.follower_id = u.id
                     where not s.active) as "following!"
           from users u where u.id = $1 and u.active"#,
        user.0,
    )
    .fetch_optional(executor)
    .await
}

/// Where someone stands in a list of followers or of those followed: when it began, and who.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Position(Timestamp, UserId);

/// A follower, or one who is followed.
pub struct Other {
    pub profile: Profile,
    pub position: Position,
}

/// Newest first.
pub async fn followers(
    executor: impl PgExecutor<'_>,
    user: UserId,
    slice: Slice<Position>,
) -> sqlx::Result<Vec<Other>> {
    // The first page begins after the greatest of all positions: one statement, and one use of the
    // index, for all pages.
    query!(
        r#"select u.id, u.username, u.first_name, u.last_name, u.bio, u.avatar_url, u.created_at,
                  f.created_at as since
           from follows f join users u on u.id = f.follower_id
           where f.followee_id = $1 and u.active
             and (f.created_at, f.follower_id)
                 < (coalesce($2::timestamptz, 'infinity'),
                    coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           order by f.created_at desc, f.follower_id desc limit $4 offset $5"#,
        user.0,
        slice.after.map(|Position(since, _)| since) as Option<Timestamp>,
        slice.after.map(|Position(_, id)| id.0),
        slice.limit,
        slice.offset,
    )
    .map(|row| Other { position: Position(row.since, row.id), profile: profile!(row) })
    .fetch_all(executor)
    .await
}

/// Newest first.
pub async fn following(
    executor: impl PgExecutor<'_>,
    user: UserId,
    slice: Slice<Position>,
) -> sqlx::Result<Vec<Other>> {
    query!(
        r#"select u.id, u.username, u.first_name, u.last_name, u.bio, u.avatar_url, u.created_at,
                  f.created_at as since
           from follows f join users u on u.id = f.followee_id
           where f.follower_id = $1 and u.active
             and (f.created_at, f.followee_id)
                 < (coalesce($2::timestamptz, 'infinity'),
                    coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           order by f.created_at desc, f.followee_id desc limit $4 offset $5"#,
        user.0,
        slice.after.map(|Position(since, _)| since) as Option<Timestamp>,
        slice.after.map(|Position(_, id)| id.0),
        slice.limit,
        slice.offset,
    )
    .map(|row| Other { position: Position(row.since, row.id), profile: profile!(row) })
    .fetch_all(executor)
    .await
}
