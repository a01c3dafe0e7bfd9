//! Who is next.
//!
//! Claims are made one after another, over all instances: only so can "no more than so many running of
//! one person" be counted exactly. Within a lane the turn goes round: everyone's first test comes before
//! anyone's second, where those that run already count, and of equals the one that has been due longest.
//! So a thousand tests of one person hold up nobody else's. Some slots are spared for people who have
//! none running in the lane: tests that take minutes and fill the others hold up nobody's first either.
//!
//! The index is stepped through person by person, never test by test: what a claim costs grows with the
//! number of people who wait, up to [`PEOPLE`], and not with the number of tests.

mod running;

use std::{collections::BTreeMap, time::Duration};

use ids::UserId;
use model_client::CompletionRequest;
use pg::Timestamp;
use sqlx::{PgConnection, query};
use uuid::Uuid;

use self::running::Running;
use super::{Claim, Job};
use crate::domain::Lane;

/// Of the advisory lock: any number that nothing else in this database uses.
const LOCK: i64 = 0x7465_7374_636c_6d73;

/// How many people are looked at for one lane in one claim. Where more wait, the next claim goes on
/// where this one stopped.
const PEOPLE: i32 = 200;

/// What a worker wants.
#[derive(Debug)]
pub struct Wanted {
    pub free: Free,
    /// How many of one person's tests may run at once.
    pub user_concurrency: i32,
    pub lease: Duration,
}

/// The room in each lane that has any.
pub type Free = BTreeMap<Lane, Room>;

/// How many tests a worker can begin in one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Free slots.
    pub slots: i32,
    /// How many of the lane's slots are for people none of whose tests runs in it.
    pub spare: i32,
    /// The most that may run in the lane over all processes.
    pub limit: Option<i32>,
}

impl Room {
    /// Takes off what the lane's limit does not leave while `running` tests run in it over all processes.
    fn beside(self, running: i32) -> Self {
        let left = self.limit.map_or(i32::MAX, |limit| (limit - running).max(0));
        Self { slots: self.slots.min(left), ..self }
    }

    /// Returns the free slots for anyone's tests.
    fn shared(self) -> i32 {
        (self.slots - self.spare).max(0)
    }
}

/// Where the next claim begins, of each lane for which not everyone was looked at. Ids are passed in
/// order.
pub type Places = BTreeMap<Lane, UserId>;

/// A person who waits for a lane.
struct Waiting {
    lane: Lane,
    user: UserId,
    due_at: Timestamp,
    /// How many of theirs run, in any lane.
    running: i32,
    /// Whether none of theirs runs in this lane.
    is_new: bool,
}

/// Takes tests that are due, and moves `places` on. Belongs into a short transaction of its own: until
/// its end nobody else can claim.
pub async fn claim(
    connection: &mut PgConnection,
    wanted: &Wanted,
    places: &mut Places,
) -> sqlx::Result<Vec<Job>> {
    query!("select pg_advisory_xact_lock($1)", LOCK).execute(&mut *connection).await?;
    // Statements of their own, so that they see all that earlier claims have done.
    let running = Running::read(connection).await?;
    let free = wanted.free.iter().map(|(lane, room)| (lane, room.beside(running.in_lane(lane))));
    let free: BTreeMap<&Lane, Room> = free.filter(|(_, room)| room.slots > 0).collect();
    let waiting = who_waits(connection, &free, &running, wanted, places).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    take(connection, &free, &waiting, wanted).await
}

/// Finds people with a test that is due, and with room for one more, for lanes with a free slot.
async fn who_waits(
    connection: &mut PgConnection,
    free: &BTreeMap<&Lane, Room>,
    running: &Running,
    wanted: &Wanted,
    places: &mut Places,
) -> sqlx::Result<Vec<Waiting>> {
    let start = |lane: &&Lane| places.get(*lane).map_or(Uuid::nil(), |user| user.0);
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
                due_at as "due_at!", due_at <= now() as "is_due!"
         from head"#,
        &lanes as &[&str],
        &starts,
        PEOPLE,
    )
    .fetch_all(connection)
    .await?;

    places.retain(|lane, _| !free.contains_key(lane));
    let mut waiting = Vec::new();
    for row in rows {
        if row.place == PEOPLE {
            places.insert(row.lane.clone(), row.user);
        }
        let now_running = running.of_user(row.user);
        if row.is_due && now_running < wanted.user_concurrency {
            let is_new = !running.is_in(&row.lane, row.user);
            let (lane, user, due_at) = (row.lane, row.user, row.due_at);
            waiting.push(Waiting { lane, user, due_at, running: now_running, is_new });
        }
    }
    waiting.sort_by_key(|one| (one.running, one.due_at, one.user));
    Ok(at_the_head(waiting, free))
}

/// Keeps those who can be next: as many people's first tests as there are slots fill them.
fn at_the_head(mut waiting: Vec<Waiting>, free: &BTreeMap<&Lane, Room>) -> Vec<Waiting> {
    let mut counts: BTreeMap<Lane, (i32, i32)> = BTreeMap::new();
    let is_kept = |one: &Waiting| {
        let slots = free.get(&one.lane).map_or(0, |room| room.slots);
        let (all, new) = counts.entry(one.lane.clone()).or_default();
        *all += 1;
        *new += i32::from(one.is_new);
        *all <= slots || one.is_new && *new <= slots
    };
    waiting.retain(is_kept);
    waiting
}

async fn take(
    connection: &mut PgConnection,
    free: &BTreeMap<&Lane, Room>,
    waiting: &[Waiting],
    wanted: &Wanted,
) -> sqlx::Result<Vec<Job>> {
    let lanes: Vec<&str> = waiting.iter().map(|one| one.lane.as_str()).collect();
    let users: Vec<Uuid> = waiting.iter().map(|one| one.user.0).collect();
    let running: Vec<i32> = waiting.iter().map(|one| one.running).collect();
    let is_new: Vec<bool> = waiting.iter().map(|one| one.is_new).collect();
    let room = |one: &Waiting| free.get(&one.lane).copied();
    let slots: Vec<i32> =
        waiting.iter().map(|one| room(one).map_or(0, |room| room.slots)).collect();
    let shared: Vec<i32> = waiting.iter().map(|one| room(one).map_or(0, Room::shared)).collect();
    // What someone else is changing at this moment (cancelling, mostly) is passed over.
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
        wanted.user_concurrency,
        wanted.lease.as_secs_f64(),
    )
    .fetch_all(connection)
    .await?;
    let jobs = rows.into_iter().map(|row| Job {
        claim: Claim { id: row.id, attempt: row.attempts },
        user: row.user_id,
        tries: row.attempts - row.given_back,
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
    Ok(jobs.collect())
}
