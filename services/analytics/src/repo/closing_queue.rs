//! What is still to be closed, and the authors whose closed rows may be wrong.

use chrono::NaiveDate;
use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar, types::Uuid};

use crate::domain::ENTRY_LEN;

/// A day or a month to close.
#[derive(Clone, Copy, Debug)]
pub struct Queued {
    pub subject_id: Uuid,
    pub is_author: bool,
    pub is_month: bool,
    /// The first day of a month.
    pub day: NaiveDate,
}

/// Takes what is due, the oldest first.
pub async fn take(
    connection: &mut PgConnection,
    closable: NaiveDate,
    limit: i64,
) -> sqlx::Result<Vec<Queued>> {
    query_as!(
        Queued,
        "delete from closing_queue
         where ctid = any(array(
             select ctid from closing_queue where due <= $1 order by due limit $2
         ))
         returning subject_id, is_author, is_month, day",
        closable,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Queues days and months.
pub async fn put(connection: &mut PgConnection, keys: &[Queued]) -> sqlx::Result<()> {
    let subjects: Vec<Uuid> = keys.iter().map(|key| key.subject_id).collect();
    let is_author: Vec<bool> = keys.iter().map(|key| key.is_author).collect();
    let is_month: Vec<bool> = keys.iter().map(|key| key.is_month).collect();
    let days: Vec<NaiveDate> = keys.iter().map(|key| key.day).collect();
    query!(
        "insert into closing_queue (subject_id, is_author, is_month, day, due)
         select distinct subject_id, is_author, is_month, day,
                case when is_month then (day + interval '1 month')::date - 1 else day end
         from unnest($1::uuid[], $2::boolean[], $3::boolean[], $4::date[])
              as k (subject_id, is_author, is_month, day)
         on conflict do nothing",
        &subjects,
        &is_author,
        &is_month,
        &days,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the last day of which everything was queued.
pub async fn queued_until(connection: &mut PgConnection) -> sqlx::Result<Option<NaiveDate>> {
    query_scalar!("select queued_until from closing_progress").fetch_one(connection).await
}

pub async fn set_queued_until(connection: &mut PgConnection, day: NaiveDate) -> sqlx::Result<()> {
    query!("update closing_progress set queued_until = $1", day).execute(connection).await?;
    Ok(())
}

/// Queues every day of a prompt with more entries than given, and the day before it, up to `last`; as
/// months where these are over.
pub async fn put_large_days(
    connection: &mut PgConnection,
    entries: i32,
    last: NaiveDate,
) -> sqlx::Result<()> {
    query!(
        "insert into closing_queue (subject_id, is_author, is_month, day, due)
         select distinct prompt_id, false, is_over, case when is_over then month else day end,
                case when is_over then end_of_month else day end
         from (select prompt_id, day - n as day, date_trunc('month', day - n)::date as month,
                      (date_trunc('month', day - n) + interval '1 month')::date - 1 as end_of_month
               from prompt_days, generate_series(0, 1) n
               where octet_length(entries) > $1::integer * $2::integer) d,
              lateral (select end_of_month <= $3::date as is_over) o
         on conflict do nothing",
        entries,
        ENTRY_LEN as i32,
        last,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Queues the days of all authors of more prompts than given, as months where these are over; without
/// `first`, from their first view on.
pub async fn put_productive_authors(
    connection: &mut PgConnection,
    prompts: i64,
    first: Option<NaiveDate>,
    last: NaiveDate,
) -> sqlx::Result<()> {
    query!(
        "insert into closing_queue (subject_id, is_author, is_month, day, due)
         select distinct user_id, true, is_over,
                case when is_over then month else day end, case when is_over then end_of_month else day end
         from (select user_id, array_agg(prompt_id) as prompts
               from prompt_authors group by user_id having count(*) > $1) a,
              lateral (
                  select day::date, date_trunc('month', day)::date as month,
                         (date_trunc('month', day) + interval '1 month')::date - 1 as end_of_month
                  from generate_series(
                      coalesce($2, (select min(first) from unnest(a.prompts) p, lateral (
                          select min(day) as first from prompt_days where prompt_id = p) f))::timestamp,
                      $3::date, interval '1 day') day
              ) days,
              lateral (select end_of_month <= $3 as is_over) o
         on conflict do nothing",
        prompts,
        first,
        last,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Tells whether an author's closed rows may be wrong.
pub async fn is_author_changed(
    executor: impl PgExecutor<'_>,
    author: UserId,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from author_changes where user_id = $1 and visible_at <= now())
           as "changed!""#,
        author as UserId,
    )
    .fetch_one(executor)
    .await
}

/// A prompt that an author gained or lost.
pub struct AuthorChange {
    pub user_id: UserId,
    pub prompt_id: PromptId,
}

/// Deletes changes that count by now, and returns them.
pub async fn take_changes(
    connection: &mut PgConnection,
    limit: i64,
) -> sqlx::Result<Vec<AuthorChange>> {
    query_as!(
        AuthorChange,
        r#"delete from author_changes
           where ctid = any(array(
               select ctid from author_changes where visible_at <= now() limit $1
           ))
           returning user_id as "user_id: UserId", prompt_id as "prompt_id: PromptId""#,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Deletes what is closed of authors from the first view on of prompts that they gained or lost, and queues
/// it again, and the closed days of those prompts.
pub async fn reopen_authors(
    connection: &mut PgConnection,
    users: &[Uuid],
    prompts: &[Uuid],
) -> sqlx::Result<()> {
    query!(
        "with changed as (
             select user_id, min(first) as first
             from (select user_id, (select min(day) from prompt_days d
                                    where d.prompt_id = c.prompt_id) as first
                   from unnest($1::uuid[], $2::uuid[]) as c (user_id, prompt_id)) f
             where first is not null
             group by user_id
         ), reopened_days as (
             delete from closed_days c using changed
             where c.subject_id = user_id and c.day >= first - 1
             returning c.subject_id, c.day
         ), reopened_months as (
             delete from closed_months c using changed
             where c.subject_id = user_id and c.month >= date_trunc('month', first - 1)::date
             returning c.subject_id, c.month
         )
         insert into closing_queue (subject_id, is_author, is_month, day, due)
         select subject_id, true, false, day, day from reopened_days
         union all
         select subject_id, true, true, month, (month + interval '1 month')::date - 1
         from reopened_months
         union all
         select user_id, true, false, day, day
         from unnest($1::uuid[], $2::uuid[]) as c (user_id, prompt_id)
         join closed_days on subject_id = prompt_id
         on conflict do nothing",
        users,
        prompts,
    )
    .execute(connection)
    .await?;
    Ok(())
}
