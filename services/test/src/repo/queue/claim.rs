//! Who is next.
//!
//! Claims are made one after another, over all instances: only so can "no more than so many running of
//! one person" be counted exactly. Within a provider the turn goes round: everyone's first test comes
//! before anyone's second, where those that run already count, and of equals the one that has been due
//! longest. So a thousand tests of one person hold up nobody else's.
//!
//! The index is stepped through person by person, never test by test: what a claim costs grows with the
//! number of people who wait, up to [`PEOPLE`], and not with the number of tests.

use std::{collections::BTreeMap, time::Duration};

use ids::UserId;
use sqlx::{PgConnection, query};
use uuid::Uuid;

use super::{Claim, Job};
use crate::{domain::ModelProvider, providers::CompletionRequest};

/// Of the advisory lock: any number that nothing else in this database uses.
const LOCK: i64 = 0x7465_7374_636c_6d73;

/// How many people are looked at for one provider in one claim. Where more wait, the next claim goes on
/// where this one stopped.
const PEOPLE: i32 = 200;

/// What a worker wants.
#[derive(Debug)]
pub struct Wanted {
    /// Free slots of each provider that has any.
    pub free: BTreeMap<ModelProvider, i32>,
    /// How many of one person's tests may run at once.
    pub user_concurrency: i32,
    pub lease: Duration,
}

/// Where the next claim begins, of each provider for which not everyone was looked at. Ids are passed
/// in order.
pub type Places = BTreeMap<ModelProvider, UserId>;

/// Someone who waits for a provider.
struct Waiting {
    provider: ModelProvider,
    user: UserId,
    /// How many of theirs run, at any provider.
    running: i32,
    /// The provider's free slots.
    free: i32,
}

/// Takes tests that are due, and moves `places` on. Belongs into a short transaction of its own: until
/// its end nobody else can claim.
pub async fn claim(
    connection: &mut PgConnection,
    wanted: &Wanted,
    places: &mut Places,
) -> sqlx::Result<Vec<Job>> {
    query!("select pg_advisory_xact_lock($1)", LOCK).execute(&mut *connection).await?;
    // A statement of its own, so that it sees all that earlier claims have done.
    let waiting = who_waits(connection, wanted, places).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    take(connection, &waiting, wanted).await
}

/// People with a test that is due, and with room for one more, for providers with a free slot.
async fn who_waits(
    connection: &mut PgConnection,
    wanted: &Wanted,
    places: &mut Places,
) -> sqlx::Result<Vec<Waiting>> {
    let start = |provider| places.get(provider).map_or(Uuid::nil(), |user| user.0);
    let providers: Vec<String> = wanted.free.keys().map(ToString::to_string).collect();
    let starts: Vec<Uuid> = wanted.free.keys().map(start).collect();
    let rows = query!(
        r#"with recursive head as (
             select w.provider, t.user_id, t.due_at, 1 as place
             from unnest($1::text[], $2::uuid[]) as w (provider, start)
             cross join lateral (
                 select user_id, due_at from tests
                 where status = 'PENDING' and model_provider = w.provider and user_id > w.start
                 order by user_id, due_at limit 1) t
             union all
             select h.provider, t.user_id, t.due_at, h.place + 1
             from head h
             cross join lateral (
                 select user_id, due_at from tests
                 where status = 'PENDING' and model_provider = h.provider and user_id > h.user_id
                 order by user_id, due_at limit 1) t
             where h.place < $3
         ), busy as (
             select user_id, count(*) as running from tests where status = 'RUNNING' group by user_id
         )
         select h.provider as "provider!: ModelProvider", h.user_id as "user!: UserId",
                h.place as "place!", h.due_at <= now() as "is_due!",
                coalesce(b.running, 0)::int as "running!"
         from head h left join busy b on b.user_id = h.user_id
         order by coalesce(b.running, 0), h.due_at, h.user_id"#,
        &providers,
        &starts,
        PEOPLE,
    )
    .fetch_all(connection)
    .await?;

    places.retain(|provider, _| !wanted.free.contains_key(provider));
    let mut waiting: BTreeMap<ModelProvider, Vec<Waiting>> = BTreeMap::new();
    for row in rows {
        if row.place == PEOPLE {
            places.insert(row.provider, row.user);
        }
        let free = wanted.free.get(&row.provider).copied().unwrap_or(0);
        let people = waiting.entry(row.provider).or_default();
        // So many people's first tests fill the slots: whoever comes after them is not next.
        let is_enough = usize::try_from(free).is_ok_and(|free| people.len() >= free);
        if row.is_due && row.running < wanted.user_concurrency && !is_enough {
            let (provider, user, running) = (row.provider, row.user, row.running);
            people.push(Waiting { provider, user, running, free });
        }
    }
    Ok(waiting.into_values().flatten().collect())
}

async fn take(
    connection: &mut PgConnection,
    waiting: &[Waiting],
    wanted: &Wanted,
) -> sqlx::Result<Vec<Job>> {
    let providers: Vec<String> = waiting.iter().map(|one| one.provider.to_string()).collect();
    let users: Vec<Uuid> = waiting.iter().map(|one| one.user.0).collect();
    let running: Vec<i32> = waiting.iter().map(|one| one.running).collect();
    let free: Vec<i32> = waiting.iter().map(|one| one.free).collect();
    // What someone else is changing at this moment (cancelling, mostly) is passed over.
    let rows = query!(
        "with turn as (
             select t.id, t.due_at, w.provider, w.free,
                    w.running + row_number() over (partition by w.user_id order by t.due_at, t.id)
                        as turn
             from unnest($1::text[], $2::uuid[], $3::int[], $4::int[])
                  as w (provider, user_id, running, free)
             cross join lateral (
                 select id, due_at from tests
                 where status = 'PENDING' and model_provider = w.provider
                   and user_id = w.user_id and due_at <= now()
                 order by due_at, id limit least($5 - w.running, w.free)) t
         ), place as (
             select id, free,
                    row_number() over (partition by provider order by turn, due_at, id) as place
             from turn where turn <= $5
         ), locked as (
             select id from tests
             where id in (select id from place where place <= free) and status = 'PENDING'
             for update skip locked
         )
         update tests t
         set status = 'RUNNING', attempts = t.attempts + 1, lapsed = false,
             due_at = now() + make_interval(secs => $6), started_at = coalesce(t.started_at, now())
         from locked where t.id = locked.id
         returning t.id, t.attempts, t.given_back, t.model_provider, t.model_name, t.system_prompt,
                   t.prompt_content, t.temperature, t.max_tokens, t.seed, t.assertions",
        &providers,
        &users,
        &running,
        &free,
        wanted.user_concurrency,
        wanted.lease.as_secs_f64(),
    )
    .fetch_all(connection)
    .await?;
    let jobs = rows.into_iter().map(|row| Job {
        claim: Claim { id: row.id, attempt: row.attempts },
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
