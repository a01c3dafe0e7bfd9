//! Weeks that are over, by subject: the rows of `prompt_days` of a week side by side.

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, query, query_as, query_scalar, types::Uuid};

use super::prompt_days::PromptDay;
use crate::domain::DayViews;

/// A closed week of a prompt, or of an author with their prompts.
pub struct ClosedWeek {
    pub subject_id: Uuid,
    /// Its Monday.
    pub week: NaiveDate,
    prompts: Option<Vec<PromptId>>,
    days: Vec<NaiveDate>,
    samples: Vec<i16>,
    quarters: Vec<Vec<u8>>,
    entries: Vec<Vec<u8>>,
}

impl ClosedWeek {
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

/// Weeks of a subject, from `first` to `last`.
#[derive(Clone, Copy, Debug)]
pub struct WeekRange {
    pub subject_id: Uuid,
    pub first: NaiveDate,
    pub last: NaiveDate,
}

/// Returns those of the weeks in some ranges that are closed.
pub async fn in_ranges(
    connection: &mut PgConnection,
    ranges: &[WeekRange],
) -> sqlx::Result<Vec<ClosedWeek>> {
    let subjects: Vec<Uuid> = ranges.iter().map(|range| range.subject_id).collect();
    let firsts: Vec<NaiveDate> = ranges.iter().map(|range| range.first).collect();
    let lasts: Vec<NaiveDate> = ranges.iter().map(|range| range.last).collect();
    query_as!(
        ClosedWeek,
        r#"select w.subject_id, w.week, w.prompts as "prompts: Vec<PromptId>", w.days, w.samples,
                  w.quarters, w.entries
           from unnest($1::uuid[], $2::date[], $3::date[]) as r (subject_id, first, last),
                -- Looked up in the index one by one, however many there are.
                lateral (select * from closed_weeks
                         where subject_id = r.subject_id and week between r.first and r.last
                         offset 0) w"#,
        &subjects,
        &firsts,
        &lasts,
    )
    .fetch_all(connection)
    .await
}

/// What weeks are worth closing.
#[derive(Clone, Copy, Debug)]
pub struct WeekThresholds {
    /// The fewest days of prompts.
    pub rows: i64,
    /// The number of an author's prompts from which on all their weeks with views are closed.
    pub author_prompts: i64,
    /// The most bytes of entries; days of larger weeks are closed one by one.
    pub bytes: i64,
}

/// Closes a week of all prompts, and of all authors of several.
pub async fn close(
    connection: &mut PgConnection,
    week: NaiveDate,
    thresholds: &WeekThresholds,
) -> sqlx::Result<()> {
    query!(
        "insert into closed_weeks (subject_id, week, prompts, days, samples, quarters, entries)
         select prompt_id, $1, null, array_agg(day), array_agg(sample), array_agg(quarters),
                array_agg(entries)
         from prompt_days where day between $1 and $1::date + 6
         group by prompt_id
         having count(*) >= $2 and sum(octet_length(entries)) <= $3
         on conflict do nothing",
        week,
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
         insert into closed_weeks (subject_id, week, prompts, days, samples, quarters, entries)
         select user_id, $1, array_agg(prompt_id), array_agg(day), array_agg(sample),
                array_agg(quarters), array_agg(entries)
         from prompt_days join prompt_authors using (prompt_id) join authors using (user_id)
         where day between $1 and $1::date + 6 and created_at <= now()
         group by user_id, prompts
         having (count(*) >= $2 or prompts >= $4) and sum(octet_length(entries)) <= $3
         on conflict do nothing",
        week,
        thresholds.rows,
        thresholds.bytes,
        thresholds.author_prompts,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Closes up to `limit` weeks again that were reopened; returns how many.
pub async fn close_reopened(
    connection: &mut PgConnection,
    thresholds: &WeekThresholds,
    limit: i64,
) -> sqlx::Result<i64> {
    query_scalar!(
        r#"with taken as (
             delete from reopened_weeks
             where ctid = any(array(select ctid from reopened_weeks limit $1))
             returning subject_id, is_author, week
         ), closed as (
             insert into closed_weeks (subject_id, week, prompts, days, samples, quarters, entries)
             select subject_id, week, case when is_author then array_agg(prompt_id) end,
                    array_agg(day), array_agg(sample), array_agg(quarters), array_agg(entries)
             from taken t,
                  lateral (
                      select d.* from prompt_days d
                      where not is_author and prompt_id = subject_id and day between week and week + 6
                      union all
                      select d.* from prompt_authors a join prompt_days d using (prompt_id)
                      where is_author and user_id = subject_id and created_at <= now()
                        and day between week and week + 6
                  ) d
             group by subject_id, is_author, week
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

/// Deletes the closed weeks of days of prompts, and of their authors, and has them closed again.
pub async fn reopen(
    connection: &mut PgConnection,
    prompts: &[Uuid],
    days: &[NaiveDate],
) -> sqlx::Result<()> {
    query!(
        "with changed as (
             select distinct prompt_id, date_trunc('week', day)::date as week
             from unnest($1::uuid[], $2::date[]) as c (prompt_id, day)
             where day <= (select weeks_until + 6 from closing_progress)
         ), subjects as (
             select prompt_id as subject_id, false as is_author, week from changed
             union select user_id, true, week from changed join prompt_authors using (prompt_id)
         ), reopened as (
             delete from closed_weeks c using subjects s
             where c.subject_id = s.subject_id and c.week = s.week
         )
         insert into reopened_weeks (subject_id, is_author, week) select * from subjects
         on conflict do nothing",
        prompts,
        days,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes the closed weeks of authors from the first view on of prompts that they gained or lost, and has
/// them closed again.
pub async fn reopen_authors(
    connection: &mut PgConnection,
    users: &[Uuid],
    prompts: &[Uuid],
) -> sqlx::Result<()> {
    query!(
        "with changed as (
             select user_id, prompt_id, date_trunc('week', first)::date as first
             from (select user_id, prompt_id, (select min(day) from prompt_days d
                                               where d.prompt_id = c.prompt_id) as first
                   from unnest($1::uuid[], $2::uuid[]) as c (user_id, prompt_id)) f
             where first is not null
         ), reopened as (
             delete from closed_weeks c using changed
             where c.subject_id = user_id and c.week >= first
             returning c.subject_id, c.week
         )
         insert into reopened_weeks (subject_id, is_author, week)
         select subject_id, true, week from reopened
         union
         select user_id, true, week from changed join closed_weeks on subject_id = prompt_id
         on conflict do nothing",
        users,
        prompts,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the Monday of the last week that was closed; `None` before the first.
pub async fn until(connection: &mut PgConnection) -> sqlx::Result<Option<NaiveDate>> {
    query_scalar!("select weeks_until from closing_progress").fetch_one(connection).await
}

pub async fn set_until(connection: &mut PgConnection, week: NaiveDate) -> sqlx::Result<()> {
    query!("update closing_progress set weeks_until = $1", week).execute(connection).await?;
    Ok(())
}

/// Returns the first day with views.
pub async fn first_day(connection: &mut PgConnection) -> sqlx::Result<Option<NaiveDate>> {
    query_scalar!("select min(day) from prompt_days").fetch_one(connection).await
}

/// Deletes everything, and has every week closed again.
pub async fn delete_all(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("delete from closed_weeks").execute(&mut *connection).await?;
    query!("delete from reopened_weeks").execute(&mut *connection).await?;
    query!("update closing_progress set weeks_until = null").execute(connection).await?;
    Ok(())
}
