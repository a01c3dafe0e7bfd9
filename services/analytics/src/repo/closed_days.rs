//! Figures of days and months that are over, by subject: a prompt, or the author of prompts.

use chrono::NaiveDate;
use sqlx::{PgConnection, query, query_as, query_scalar, types::Uuid};

use crate::domain::closed_days::{ACCOUNT_LEN, STRIP_LEN, WINDOW_LEN};

/// A closed day, and one of its windows.
pub struct ClosedDay {
    pub subject_id: Uuid,
    pub day: NaiveDate,
    pub sample: i16,
    /// The 24 hours that were asked for, encoded.
    pub window: Vec<u8>,
    /// The number of accounts.
    pub accounts: i32,
}

/// Days of a subject, from `first` to `last`.
#[derive(Clone, Copy, Debug)]
pub struct SubjectDays {
    pub subject_id: Uuid,
    pub first: NaiveDate,
    pub last: NaiveDate,
}

/// Returns the closed days in some ranges; of each day the window from its place in `quarters`.
pub async fn days(
    connection: &mut PgConnection,
    ranges: &[SubjectDays],
    (days, quarters): (&[NaiveDate], &[i32]),
) -> sqlx::Result<Vec<ClosedDay>> {
    let subjects: Vec<Uuid> = ranges.iter().map(|range| range.subject_id).collect();
    let firsts: Vec<NaiveDate> = ranges.iter().map(|range| range.first).collect();
    let lasts: Vec<NaiveDate> = ranges.iter().map(|range| range.last).collect();
    query_as!(
        ClosedDay,
        r#"select c.subject_id, c.day, c.sample, octet_length(c.accounts) / $7 as "accounts!",
                  substring(c.windows from w.quarter * $6 + 1 for $6) as "window!"
           from unnest($1::uuid[], $2::date[], $3::date[]) as r (subject_id, first, last),
                lateral (select * from closed_days
                         where subject_id = r.subject_id and day between r.first and r.last
                         offset 0) c
                join unnest($4::date[], $5::integer[]) as w (day, quarter) on w.day = c.day"#,
        &subjects,
        &firsts,
        &lasts,
        days,
        quarters,
        WINDOW_LEN as i32,
        ACCOUNT_LEN as i32,
    )
    .fetch_all(connection)
    .await
}

/// A closed month, and those windows of its days that begin with one quarter.
pub struct ClosedMonth {
    pub subject_id: Uuid,
    /// Its first day.
    pub month: NaiveDate,
    pub sample: i16,
    pub quarter: i32,
    /// The windows, encoded.
    pub strip: Vec<u8>,
    /// The number of accounts.
    pub accounts: i32,
}

/// Returns those of these months of some subjects that are closed, with the windows from the place of the
/// month in `quarters`; a month may be given with several.
pub async fn months(
    connection: &mut PgConnection,
    subjects: &[Uuid],
    (months, quarters): (&[NaiveDate], &[i32]),
) -> sqlx::Result<Vec<ClosedMonth>> {
    query_as!(
        ClosedMonth,
        r#"select c.subject_id, c.month, c.sample, w.quarter as "quarter!",
                  substring(c.windows from w.quarter * $4 + 1 for $4) as "strip!",
                  octet_length(c.accounts) / $5 as "accounts!"
           from unnest($2::date[], $3::integer[]) as w (month, quarter)
           join closed_months c on c.subject_id = any($1) and c.month = w.month"#,
        subjects,
        months,
        quarters,
        STRIP_LEN as i32,
        ACCOUNT_LEN as i32,
    )
    .fetch_all(connection)
    .await
}

/// The key of a closed day, or of a month by its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClosedKey {
    pub subject_id: Uuid,
    pub is_month: bool,
    pub day: NaiveDate,
}

/// Accounts of a closed day or month, by their places among all of it.
#[derive(Clone, Copy, Debug)]
pub struct AccountRange {
    pub key: ClosedKey,
    pub first: i32,
    pub count: i32,
}

/// Returns accounts of closed days and months, in the order of `ranges`.
pub async fn accounts_in_ranges(
    connection: &mut PgConnection,
    ranges: &[AccountRange],
) -> sqlx::Result<Vec<Vec<u8>>> {
    let subjects: Vec<Uuid> = ranges.iter().map(|range| range.key.subject_id).collect();
    let is_month: Vec<bool> = ranges.iter().map(|range| range.key.is_month).collect();
    let days: Vec<NaiveDate> = ranges.iter().map(|range| range.key.day).collect();
    let firsts: Vec<i32> = ranges.iter().map(|range| range.first).collect();
    let counts: Vec<i32> = ranges.iter().map(|range| range.count).collect();
    query_scalar!(
        r#"select coalesce(case when r.is_month
               then (select substring(accounts from r.first * $6 + 1 for r.count * $6)
                     from closed_months c where c.subject_id = r.subject_id and c.month = r.day)
               else (select substring(accounts from r.first * $6 + 1 for r.count * $6)
                     from closed_days c where c.subject_id = r.subject_id and c.day = r.day)
               end, '') as "accounts!"
           from unnest($1::uuid[], $2::boolean[], $3::date[], $4::integer[], $5::integer[])
                with ordinality as r (subject_id, is_month, day, first, count, place)
           order by place"#,
        &subjects,
        &is_month,
        &days,
        &firsts,
        &counts,
        ACCOUNT_LEN as i32,
    )
    .fetch_all(connection)
    .await
}

/// Returns the prompts of an author with their views, encoded, one for each of these days and months.
pub async fn prompts(
    connection: &mut PgConnection,
    author: Uuid,
    days: &[NaiveDate],
    months: &[NaiveDate],
) -> sqlx::Result<Vec<Vec<u8>>> {
    query_scalar!(
        r#"select prompts as "prompts!" from closed_days
           where subject_id = $1 and day = any($2) and prompts is not null
           union all
           select prompts from closed_months
           where subject_id = $1 and month = any($3) and prompts is not null"#,
        author,
        days,
        months,
    )
    .fetch_all(connection)
    .await
}

/// What is written of a day or a month.
pub struct NewRow {
    pub key: ClosedKey,
    pub sample: i16,
    pub windows: Vec<u8>,
    pub accounts: Vec<u8>,
    /// `None` for a prompt.
    pub prompts: Option<Vec<u8>>,
}

/// Writes the days and months that are not there. Those that are there are right: what may be wrong is
/// deleted.
pub async fn insert(connection: &mut PgConnection, rows: &[NewRow]) -> sqlx::Result<()> {
    let subjects: Vec<Uuid> = rows.iter().map(|row| row.key.subject_id).collect();
    let is_month: Vec<bool> = rows.iter().map(|row| row.key.is_month).collect();
    let days: Vec<NaiveDate> = rows.iter().map(|row| row.key.day).collect();
    let samples: Vec<i16> = rows.iter().map(|row| row.sample).collect();
    let windows: Vec<&[u8]> = rows.iter().map(|row| row.windows.as_slice()).collect();
    let accounts: Vec<&[u8]> = rows.iter().map(|row| row.accounts.as_slice()).collect();
    let prompts: Vec<Option<&[u8]>> = rows.iter().map(|row| row.prompts.as_deref()).collect();
    query!(
        "with rows as (
             select * from unnest($1::uuid[], $2::boolean[], $3::date[], $4::smallint[], $5::bytea[],
                                  $6::bytea[], $7::bytea[])
                 as r (subject_id, is_month, day, sample, windows, accounts, prompts)
         ), months as (
             insert into closed_months (subject_id, month, sample, windows, accounts, prompts)
             select subject_id, day, sample, windows, accounts, prompts from rows where is_month
             on conflict do nothing
         )
         insert into closed_days (subject_id, day, sample, windows, accounts, prompts)
         select subject_id, day, sample, windows, accounts, prompts from rows where not is_month
         on conflict do nothing",
        &subjects,
        &is_month,
        &days,
        &samples,
        &windows as &[&[u8]],
        &accounts as &[&[u8]],
        &prompts as &[Option<&[u8]>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes what is closed of days of prompts, of the days before them, whose windows reach into them, and of
/// their authors; and queues what was deleted.
pub async fn reopen(
    connection: &mut PgConnection,
    prompts: &[Uuid],
    days: &[NaiveDate],
) -> sqlx::Result<()> {
    query!(
        "with changed as (
             select * from unnest($1::uuid[], $2::date[]) as c (prompt_id, day)
         ), subjects as (
             select prompt_id as subject_id, false as is_author, day from changed
             union select user_id, true, day from changed join prompt_authors using (prompt_id)
         ), reopened_days as (
             delete from closed_days c using subjects s
             where c.subject_id = s.subject_id and c.day in (s.day, s.day - 1)
             returning c.subject_id, s.is_author, c.day
         ), reopened_months as (
             delete from closed_months c using subjects s
             -- The windows of a month's last day reach into the next month.
             where c.subject_id = s.subject_id
               and c.month in (date_trunc('month', s.day)::date, date_trunc('month', s.day - 1)::date)
             returning c.subject_id, s.is_author, c.month
         )
         insert into closing_queue (subject_id, is_author, is_month, day, due)
         select subject_id, is_author, false, day, day from reopened_days
         union all
         select subject_id, is_author, true, month, (month + interval '1 month')::date - 1
         from reopened_months
         on conflict do nothing",
        prompts,
        days,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes everything, and has everything queued again.
pub async fn delete_all(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("delete from closed_days").execute(&mut *connection).await?;
    query!("delete from closed_months").execute(&mut *connection).await?;
    query!("delete from closing_queue").execute(&mut *connection).await?;
    query!("delete from author_changes where visible_at <= now()")
        .execute(&mut *connection)
        .await?;
    query!("update closing_progress set queued_until = null").execute(connection).await?;
    Ok(())
}
