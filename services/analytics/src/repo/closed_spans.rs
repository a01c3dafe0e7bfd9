//! Spans of four weeks, by subject: the rows of `prompt_days` of a span side by side.

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, query, query_as, query_scalar, types::Uuid};

use super::prompt_days::PromptDay;
use crate::domain::DayViews;

/// A closed span of a prompt, or of an author with their prompts.
pub struct ClosedSpan {
    pub subject_id: Uuid,
    pub first_day: NaiveDate,
    /// The last day that it holds, which is not its last while it is not over.
    pub last_day: NaiveDate,
    prompts: Option<Vec<PromptId>>,
    days: Vec<NaiveDate>,
    samples: Vec<i16>,
    quarters: Vec<Vec<u8>>,
    entries: Vec<Vec<u8>>,
}

impl ClosedSpan {
    /// Returns the days that `is_wanted` accepts; days without views are left out.
    pub fn days(&self, is_wanted: impl Fn(NaiveDate) -> bool) -> impl Iterator<Item = PromptDay> {
        let wanted = self.days.iter().enumerate().filter(move |(_, day)| is_wanted(**day));
        wanted.filter_map(|(place, day)| {
            let prompt_id = match &self.prompts {
                Some(prompts) => *prompts.get(place)?,
                None => PromptId(self.subject_id),
            };
            let (quarters, entries) = (self.quarters.get(place)?, self.entries.get(place)?);
            let views = DayViews::decode(quarters, entries, *self.samples.get(place)?);
            Some(PromptDay { prompt_id, day: *day, views })
        })
    }
}

/// Spans of a subject, from the one that begins on `first` to the one that begins on `last`.
#[derive(Clone, Copy, Debug)]
pub struct SpanRange {
    pub subject_id: Uuid,
    pub first: NaiveDate,
    pub last: NaiveDate,
}

/// Returns those of the spans in some ranges that are closed.
pub async fn in_ranges(
    connection: &mut PgConnection,
    ranges: &[SpanRange],
) -> sqlx::Result<Vec<ClosedSpan>> {
    let subjects: Vec<Uuid> = ranges.iter().map(|range| range.subject_id).collect();
    let firsts: Vec<NaiveDate> = ranges.iter().map(|range| range.first).collect();
    let lasts: Vec<NaiveDate> = ranges.iter().map(|range| range.last).collect();
    query_as!(
        ClosedSpan,
        r#"select s.subject_id, s.first_day, s.last_day, s.prompts as "prompts: Vec<PromptId>",
                  s.days, s.samples, s.quarters, s.entries
           from unnest($1::uuid[], $2::date[], $3::date[]) as r (subject_id, first, last),
                -- Looked up in the index one by one, however many there are.
                lateral (select * from closed_spans
                         where subject_id = r.subject_id and first_day between r.first and r.last
                         offset 0) s"#,
        &subjects,
        &firsts,
        &lasts,
    )
    .fetch_all(connection)
    .await
}

/// What spans are worth closing.
#[derive(Clone, Copy, Debug)]
pub struct SpanThresholds {
    /// The fewest days of prompts.
    pub rows: i64,
    /// The number of an author's prompts from which on all their spans with views are closed.
    pub author_prompts: i64,
    /// The most bytes of entries; days of larger spans are closed one by one.
    pub bytes: i64,
}

/// Closes the span of all prompts, and of all authors of several, that begins on `first`, up to `last`.
pub async fn close(
    connection: &mut PgConnection,
    (first, last): (NaiveDate, NaiveDate),
    thresholds: &SpanThresholds,
) -> sqlx::Result<()> {
    query!(
        "insert into closed_spans
             (subject_id, first_day, last_day, prompts, days, samples, quarters, entries)
         select prompt_id, $1, $2, null, array_agg(day), array_agg(sample), array_agg(quarters),
                array_agg(entries)
         from prompt_days where day between $1 and $2
         group by prompt_id
         having count(*) >= $3 and sum(octet_length(entries)) <= $4
         on conflict do nothing",
        first,
        last,
        thresholds.rows,
        thresholds.bytes,
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "with authors as (
             select user_id, count(*) as prompts from prompt_authors where created_at <= now()
             group by user_id having count(*) > 1
         )
         insert into closed_spans
             (subject_id, first_day, last_day, prompts, days, samples, quarters, entries)
         select user_id, $1, $2, array_agg(prompt_id), array_agg(day), array_agg(sample),
                array_agg(quarters), array_agg(entries)
         from prompt_days join prompt_authors using (prompt_id) join authors using (user_id)
         where day between $1 and $2 and created_at <= now()
         group by user_id, prompts
         having (count(*) >= $3 or prompts >= $5) and sum(octet_length(entries)) <= $4
         on conflict do nothing",
        first,
        last,
        thresholds.rows,
        thresholds.bytes,
        thresholds.author_prompts,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Closes up to `limit` spans again that were reopened; returns how many.
pub async fn close_reopened(
    connection: &mut PgConnection,
    thresholds: &SpanThresholds,
    limit: i64,
) -> sqlx::Result<i64> {
    query_scalar!(
        r#"with taken as (
             delete from reopened_spans
             where ctid = any(array(select ctid from reopened_spans limit $1))
             returning subject_id, is_author, first_day
         ), due as (
             select subject_id, is_author, first_day, least(first_day + 27, spans_until) as last_day
             from taken, closing_progress
         ), closed as (
             insert into closed_spans
                 (subject_id, first_day, last_day, prompts, days, samples, quarters, entries)
             select subject_id, first_day, last_day, case when is_author then array_agg(prompt_id) end,
                    array_agg(day), array_agg(sample), array_agg(quarters), array_agg(entries)
             from due,
                  lateral (
                      select d.* from prompt_days d
                      where not is_author and prompt_id = subject_id and day between first_day and last_day
                      union all
                      select d.* from prompt_authors a join prompt_days d using (prompt_id)
                      where is_author and user_id = subject_id and created_at <= now()
                        and day between first_day and last_day
                  ) d
             group by subject_id, is_author, first_day, last_day
             having count(*) >= $2 and sum(octet_length(entries)) <= $3
             on conflict do nothing
         )
         select count(*) as "taken!" from taken"#,
        limit,
        thresholds.rows,
        thresholds.bytes,
    )
    .fetch_one(connection)
    .await
}

/// Deletes the closed spans of days of prompts, and of their authors, and has them closed again.
pub async fn reopen(
    connection: &mut PgConnection,
    prompts: &[Uuid],
    days: &[NaiveDate],
) -> sqlx::Result<()> {
    query!(
        "with changed as (
             select distinct prompt_id, span_of(day) as first_day
             from unnest($1::uuid[], $2::date[]) as c (prompt_id, day)
             where day <= (select spans_until from closing_progress)
         ), subjects as (
             select prompt_id as subject_id, false as is_author, first_day from changed
             union select user_id, true, first_day from changed join prompt_authors using (prompt_id)
         ), reopened as (
             delete from closed_spans c using subjects s
             where c.subject_id = s.subject_id and c.first_day = s.first_day
         )
         insert into reopened_spans (subject_id, is_author, first_day) select * from subjects
         on conflict do nothing",
        prompts,
        days,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes the closed spans of authors from the first view on of prompts that they gained or lost, and has
/// them closed again.
pub async fn reopen_authors(
    connection: &mut PgConnection,
    users: &[Uuid],
    prompts: &[Uuid],
) -> sqlx::Result<()> {
    query!(
        "with changed as (
             select user_id, prompt_id, span_of(first) as first
             from (select user_id, prompt_id, (select min(day) from prompt_days d
                                               where d.prompt_id = c.prompt_id) as first
                   from unnest($1::uuid[], $2::uuid[]) as c (user_id, prompt_id)) f
             where first is not null
         ), reopened as (
             delete from closed_spans c using changed
             where c.subject_id = user_id and c.first_day >= first
             returning c.subject_id, c.first_day
         )
         insert into reopened_spans (subject_id, is_author, first_day)
         select subject_id, true, first_day from reopened
         union
         select user_id, true, first_day from changed join closed_spans on subject_id = prompt_id
         on conflict do nothing",
        users,
        prompts,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the last day up to which spans were closed; `None` before the first.
pub async fn until(connection: &mut PgConnection) -> sqlx::Result<Option<NaiveDate>> {
    query_scalar!("select spans_until from closing_progress").fetch_one(connection).await
}

pub async fn set_until(connection: &mut PgConnection, day: NaiveDate) -> sqlx::Result<()> {
    query!("update closing_progress set spans_until = $1", day).execute(connection).await?;
    Ok(())
}

/// Deletes a span of all subjects.
pub async fn delete(connection: &mut PgConnection, first: NaiveDate) -> sqlx::Result<()> {
    query!("delete from closed_spans where first_day = $1", first).execute(connection).await?;
    Ok(())
}

/// Returns the first day with views.
pub async fn first_day(connection: &mut PgConnection) -> sqlx::Result<Option<NaiveDate>> {
    query_scalar!("select min(day) from prompt_days").fetch_one(connection).await
}

/// Deletes everything, and has every span closed again.
pub async fn delete_all(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("delete from closed_spans").execute(&mut *connection).await?;
    query!("delete from reopened_spans").execute(&mut *connection).await?;
    query!("update closing_progress set spans_until = null").execute(connection).await?;
    Ok(())
}
