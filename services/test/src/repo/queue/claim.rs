//! Claims the tests that are next.
//!
//! Claims are made one after another, over all instances: only so can the limit of running tests per user
//! be kept exactly. Within a lane users take turns: everyone's first test comes before anyone's second, where
//! those that run already count, and of equals the one that has been claimable longest. So a thousand tests
//! of one user hold up nobody else's. Some slots are reserved for users without a running test in the lane:
//! tests that take minutes and fill the others hold up nobody's first either.
//!
//! The index is stepped through user by user, never test by test: the cost of a claim grows with the number
//! of users who wait, up to [`MAX_USERS`], and not with the number of tests.

mod running;

use std::{collections::BTreeMap, time::Duration};

use ids::UserId;
use model_client::CompletionRequest;
use sqlx::{PgConnection, query};
use timestamp::Timestamp;
use uuid::Uuid;

use self::running::Running;
use super::claimed_test::{Claim, ClaimedTest};
use crate::domain::Lane;

/// The key of the advisory lock: any number that nothing else in this database uses.
const LOCK: i64 = 0x7465_7374_636c_6d73;

/// The most users that one claim considers for a lane. Where more wait, the next claim goes on where this one
/// stopped.
const MAX_USERS: i32 = 200;

/// A worker's request for tests.
#[derive(Debug)]
pub struct ClaimRequest {
    pub free: FreeSlots,
    /// The most tests of one user that may run at once.
    pub user_concurrency: i32,
    pub lease: Duration,
}

/// The capacity of each lane that has a free slot.
pub type FreeSlots = BTreeMap<Lane, LaneCapacity>;

/// The number of tests that a worker can start in one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneCapacity {
    /// Free slots.
    pub slots: i32,
    /// Slots of the lane for users without a running test in it.
    pub reserved: i32,
    /// The most that may run in the lane over all processes.
    pub limit: Option<i32>,
}

impl LaneCapacity {
    /// Returns the capacity that the lane's limit leaves while `running` tests run in it over all processes.
    fn limited_by(self, running: i32) -> Self {
        let left = self.limit.map_or(i32::MAX, |limit| (limit - running).max(0));
        Self { slots: self.slots.min(left), ..self }
    }

    /// Returns the free slots that are open to every user.
    fn shared(self) -> i32 {
        (self.slots - self.reserved).max(0)
    }
}

/// The last user that was considered, of each lane in which others wait after that one. Users are considered
/// in the order of their ids.
pub type ClaimCursor = BTreeMap<Lane, UserId>;

/// A user who waits for a lane.
struct Waiting {
    lane: Lane,
    user: UserId,
    claimable_at: Timestamp,
    /// The number of their running tests, in any lane.
    running: i32,
    /// Whether they have no running test in this lane.
    is_new: bool,
}

/// Claims tests, and advances the cursor. Belongs into a short transaction of its own: until its end nobody
/// else can claim.
pub async fn claim(
    connection: &mut PgConnection,
    request: &ClaimRequest,
    cursor: &mut ClaimCursor,
) -> sqlx::Result<Vec<ClaimedTest>> {
    query!("select pg_advisory_xact_lock($1)", LOCK).execute(&mut *connection).await?;
    // Statements of their own, so that they see all that earlier claims have done.
    let running = Running::read(connection).await?;
    let free = request
        .free
        .iter()
        .map(|(lane, capacity)| (lane, capacity.limited_by(running.in_lane(lane))));
    let free: BTreeMap<&Lane, LaneCapacity> =
        free.filter(|(_, capacity)| capacity.slots > 0).collect();
    let waiting = find_waiting_users(connection, &free, &running, request, cursor).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    claim_next(connection, &free, &waiting, request).await
}

/// Finds users with a claimable test who may run one more, for lanes with a free slot.
async fn find_waiting_users(
    connection: &mut PgConnection,
    free: &BTreeMap<&Lane, LaneCapacity>,
    running: &Running,
    request: &ClaimRequest,
    cursor: &mut ClaimCursor,
) -> sqlx::Result<Vec<Waiting>> {
    let start = |lane: &&Lane| cursor.get(*lane).map_or(Uuid::nil(), |user| user.0);
    let lanes: Vec<&str> = free.keys().map(|lane| lane.as_str()).collect();
    let starts: Vec<Uuid> = free.keys().map(start).collect();
    let rows = query!(
        r#"with recursive head as (
             select w.lane, t.user_id, t.due_at, 1 as place
             from unnest($1::text[], $2::uuid[]) as w (lane, start)
             cross join lateral (
                 select user_id, due_at from tests
                 where status = 'PENDING' and test_lane(model_provider, model_name) = w.lane
                   and user_id > w.start
                 order by user_id, due_at limit 1) t
             union all
             select h.lane, t.user_id, t.due_at, h.place + 1
             from head h
             cross join lateral (
                 select user_id, due_at from tests
                 where status = 'PENDING' and test_lane(model_provider, model_name) = h.lane
                   and user_id > h.user_id
                 order by user_id, due_at limit 1) t
             where h.place < $3
         )
         select lane as "lane!: Lane", user_id as "user!: UserId", place as "place!",
                due_at as "claimable_at!", due_at <= now() as "is_due!"
         from head"#,
        &lanes as &[&str],
        &starts,
        MAX_USERS,
    )
    .fetch_all(connection)
    .await?;

    cursor.retain(|lane, _| !free.contains_key(lane));
    let mut waiting = Vec::new();
    for row in rows {
        if row.place == MAX_USERS {
            cursor.insert(row.lane.clone(), row.user);
        }
        let now_running = running.of_user(row.user);
        if row.is_due && now_running < request.user_concurrency {
            let is_new = !running.is_in(&row.lane, row.user);
            let (lane, user, claimable_at) = (row.lane, row.user, row.claimable_at);
            waiting.push(Waiting { lane, user, claimable_at, running: now_running, is_new });
        }
    }
    waiting.sort_by_key(|one| (one.running, one.claimable_at, one.user));
    Ok(keep_next(waiting, free))
}

/// Keeps the users who can be next: as many users' first tests as there are slots fill them.
fn keep_next(mut waiting: Vec<Waiting>, free: &BTreeMap<&Lane, LaneCapacity>) -> Vec<Waiting> {
    let mut counts: BTreeMap<Lane, (i32, i32)> = BTreeMap::new();
    let is_kept = |one: &Waiting| {
        let slots = free.get(&one.lane).map_or(0, |capacity| capacity.slots);
        let (all, new) = counts.entry(one.lane.clone()).or_default();
        *all += 1;
        *new += i32::from(one.is_new);
        *all <= slots || one.is_new && *new <= slots
    };
    waiting.retain(is_kept);
    waiting
}

/// Claims the next tests of the users who wait.
async fn claim_next(
    connection: &mut PgConnection,
    free: &BTreeMap<&Lane, LaneCapacity>,
    waiting: &[Waiting],
    request: &ClaimRequest,
) -> sqlx::Result<Vec<ClaimedTest>> {
    let lanes: Vec<&str> = waiting.iter().map(|one| one.lane.as_str()).collect();
    let users: Vec<Uuid> = waiting.iter().map(|one| one.user.0).collect();
    let running: Vec<i32> = waiting.iter().map(|one| one.running).collect();
    let is_new: Vec<bool> = waiting.iter().map(|one| one.is_new).collect();
    let capacity = |one: &Waiting| free.get(&one.lane).copied();
    let slots: Vec<i32> =
        waiting.iter().map(|one| capacity(one).map_or(0, |capacity| capacity.slots)).collect();
    let shared: Vec<i32> =
        waiting.iter().map(|one| capacity(one).map_or(0, LaneCapacity::shared)).collect();
    // Rows that are being changed at this moment (by a cancellation, mostly) are skipped.
    let rows = query!(
        "with turn as (
             select t.id, t.due_at, w.lane, w.slots, w.shared,
                    w.running + row_number() over (partition by w.user_id order by t.due_at, t.id)
                        as turn,
                    w.is_new and row_number() over (partition by w.lane, w.user_id
                                                    order by t.due_at, t.id) = 1 as is_first
             from unnest($1::text[], $2::uuid[], $3::int[], $4::bool[], $5::int[], $6::int[])
                  as w (lane, user_id, running, is_new, slots, shared)
             cross join lateral (
                 select id, due_at from tests
                 where status = 'PENDING' and test_lane(model_provider, model_name) = w.lane
                   and user_id = w.user_id and due_at <= now()
                 order by due_at, id limit least($7 - w.running, w.slots)) t
         ), place as (
             select id, lane, slots, shared, is_first,
                    row_number() over (partition by lane order by turn, due_at, id) as place
             from turn where turn <= $7
         ), newcomer as (
             select id, slots - shared as spare,
                    row_number() over (partition by lane order by place) as place
             from place where is_first and place > shared
         ), chosen as (
             select id from place where place <= shared
             union all
             select id from newcomer where place <= spare
         ), locked as (
             select id from tests
             where id in (select id from chosen) and status = 'PENDING'
             for update skip locked
         )
         update tests t
         set status = 'RUNNING', attempts = t.attempts + 1, lapsed = false,
             due_at = now() + make_interval(secs => $8), started_at = coalesce(t.started_at, now())
         from locked where t.id = locked.id
         returning t.id, t.user_id, t.attempts, t.given_back, t.model_provider, t.model_name,
                   t.system_prompt, t.prompt_content, t.temperature, t.max_tokens, t.seed, t.assertions",
        &lanes as &[&str],
        &users,
        &running,
        &is_new,
        &slots,
        &shared,
        request.user_concurrency,
        request.lease.as_secs_f64(),
    )
    .fetch_all(connection)
    .await?;
    let claimed = rows.into_iter().map(|row| ClaimedTest {
        claim: Claim { id: row.id, attempt: row.attempts },
        user: row.user_id,
        counted_attempts: row.attempts - row.given_back,
        provider: row.model_provider,
        request: CompletionRequest {
            model: row.model_name,
            system_prompt: row.system_prompt,
            prompt: row.prompt_content,
            temperature: row.temperature,
            max_tokens: row.max_tokens,
            seed: row.seed,
        },
        assertions: row.assertions,
    });
    Ok(claimed.collect())
}
