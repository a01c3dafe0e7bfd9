//! The table `follows`.

use http_kit::page::Slice;
use ids::UserId;
use serde::{Deserialize, Serialize};
use sqlx::{PgExecutor, query, query_as, query_scalar};
use timestamp::Timestamp;

use super::users::profile_of;
use crate::domain::{FollowList, Profile};

/// Inserts a follow, unless it is there already. Returns false when there is no such user to
/// follow, or they are suspended.
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

/// Deletes a follow, if there is one.
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

/// Returns whether one user follows another; `None` when there is no such other user, or they are
/// suspended.
pub async fn is_following(
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

/// The number of a user's followers, and of the users whom they follow, without suspended ones.
pub struct FollowCounts {
    pub followers: i64,
    pub following: i64,
}

/// Counts a user's follows. Returns `None` when there is no such user, or they are suspended.
pub async fn count(
    executor: impl PgExecutor<'_>,
    user: UserId,
) -> sqlx::Result<Option<FollowCounts>> {
    // Suspended users are subtracted: they are few, and all others are counted in an index alone.
    query_as!(
        FollowCounts,
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

/// Counts the follows that have a user in column `$user`, without those that have a suspended one in `$other`.
macro_rules! count_follows {
    ($user:literal, $other:literal, $executor:ident, $id:ident) => {
        query_scalar!(
            r#"select (select count(*) from follows f where f."#
                + $user
                + r#" = u.id)
                  - (select count(*) from users s
                         join follows f on f."#
                + $other
                + r#" = s.id and f."#
                + $user
                + r#" = u.id
                     where not s.active) as "count!"
               from users u where u.id = $1 and u.active"#,
            $id.0,
        )
        .fetch_optional($executor)
        .await
    };
}

/// Counts one of a user's lists. Returns `None` when there is no such user, or they are suspended.
pub async fn count_list(
    executor: impl PgExecutor<'_>,
    list: FollowList,
    user: UserId,
) -> sqlx::Result<Option<i64>> {
    match list {
        FollowList::Followers => count_follows!("followee_id", "follower_id", executor, user),
        FollowList::Following => count_follows!("follower_id", "followee_id", executor, user),
    }
}

/// The position of a row in a list of followers or of followed users: when the follow began, and the
/// other user.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct FollowPosition(Timestamp, UserId);

/// A follower, or a followed user, in a list.
pub struct ListedFollow {
    pub profile: Profile,
    pub position: FollowPosition,
}

/// Lists the users in column `$other` of the follows that have a user in column `$user`.
macro_rules! list_follows {
    ($user:literal, $other:literal, $executor:ident, $id:ident, $slice:ident) => {
        // The first page begins after the greatest of all positions: one statement, and one use of
        // the index, for all pages.
        query!(
            "select u.id, u.username, u.first_name, u.last_name, u.bio, u.avatar_url, u.created_at,
                    f.since
             from (select created_at as since, "
                + $other
                + " as other_id from follows where "
                + $user
                + " = $1) f
                  join users u on u.id = f.other_id
             where u.active
               and (f.since, f.other_id)
                   < (coalesce($2::timestamptz, 'infinity'),
                      coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
             order by f.since desc, f.other_id desc limit $4 offset $5",
            $id.0,
            $slice.after.map(|FollowPosition(since, _)| since) as Option<Timestamp>,
            $slice.after.map(|FollowPosition(_, id)| id.0),
            $slice.limit,
            $slice.offset,
        )
        .map(|row| ListedFollow {
            position: FollowPosition(row.since, row.id),
            profile: profile_of!(row),
        })
        .fetch_all($executor)
        .await
    };
}

/// Lists the users in one of a user's lists, newest first, without those who are suspended.
pub async fn list(
    executor: impl PgExecutor<'_>,
    list: FollowList,
    user: UserId,
    slice: Slice<FollowPosition>,
) -> sqlx::Result<Vec<ListedFollow>> {
    match list {
        FollowList::Followers => {
            list_follows!("followee_id", "follower_id", executor, user, slice)
        }
        FollowList::Following => {
            list_follows!("follower_id", "followee_id", executor, user, slice)
        }
    }
}
