use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, query, query_as};

use crate::domain::{DayViews, ENTRY_LEN};

/// The views of a prompt on a day (UTC), as far as they are merged.
pub struct PromptDay {
    pub prompt_id: PromptId,
    pub day: NaiveDate,
    pub views: DayViews,
}

struct Row {
    prompt_id: PromptId,
    day: NaiveDate,
    sample: i16,
    quarters: Vec<u8>,
    entries: Vec<u8>,
}

impl From<Row> for PromptDay {
    fn from(row: Row) -> Self {
        let views = DayViews::decode(&row.quarters, &row.entries, row.sample);
        Self { prompt_id: row.prompt_id, day: row.day, views }
    }
}

/// Returns those of these days of prompts that have views.
pub async fn get(
    connection: &mut PgConnection,
    prompts: &[PromptId],
    days: &[NaiveDate],
) -> sqlx::Result<Vec<PromptDay>> {
    let rows = query_as!(
        Row,
        r#"select prompt_id as "prompt_id: PromptId", day, sample, quarters, entries
           from prompt_days
           where (prompt_id, day) in (select * from unnest($1::uuid[], $2::date[]))"#,
        prompts as &[PromptId],
        days,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Days of a prompt, from `first` to `last`.
#[derive(Clone, Copy, Debug)]
pub struct DayRange {
    pub prompt_id: PromptId,
    pub first: NaiveDate,
    pub last: NaiveDate,
    /// The share of the entries of a day with many that is read.
    pub share: f64,
}

/// The viewers from which on a day has many.
const MANY: i64 = 1_000;

/// A day of a prompt whose entries may be the first ones only.
pub struct PartialDay {
    pub day: PromptDay,
    pub is_whole: bool,
}

/// Returns the days in some ranges that have views: of each all entries, or the first ones of a day with many
/// viewers: the share that is asked for, and those of the first `viewers` or so at most.
pub async fn in_ranges(
    connection: &mut PgConnection,
    ranges: &[DayRange],
    viewers: f64,
) -> sqlx::Result<Vec<PartialDay>> {
    let (prompts, firsts, lasts) = columns(ranges);
    let shares: Vec<f64> = ranges.iter().map(|range| range.share).collect();
    let rows = query!(
        r#"select d.prompt_id as "prompt_id: PromptId", d.day, d.sample, d.quarters,
                  case when part >= 1 then entries else
                      substring(entries from 1 for (octet_length(entries) / $5 * part)::integer * $5)
                  end as "entries!", part >= 1 as "is_whole!"
           from unnest($1::uuid[], $2::date[], $3::date[], $6::double precision[])
                    as r (prompt_id, first, last, share),
                -- Looked up in the index one by one, however many there are.
                lateral (select * from prompt_days
                         where prompt_id = r.prompt_id and day between r.first and r.last
                         offset 0) d,
                lateral (select case when viewers >> sample <= $7 then 1 else
                             least(r.share, $4 / (viewers >> sample)) end as part
                         offset 0) p"#,
        &prompts as &[PromptId],
        &firsts,
        &lasts,
        viewers,
        ENTRY_LEN as i32,
        &shares,
        MANY,
    )
    .fetch_all(connection)
    .await?;
    let days = rows.into_iter().map(|row| {
        let (prompt_id, day, is_whole) = (row.prompt_id, row.day, row.is_whole);
        let views = DayViews::decode(&row.quarters, &row.entries, row.sample);
        PartialDay { day: PromptDay { prompt_id, day, views }, is_whole }
    });
    Ok(days.collect())
}

/// The size of a range.
pub struct RangeSize {
    pub entries: i64,
    /// The number of days with views.
    pub days: i64,
}

/// Returns the sizes of ranges, in their order.
pub async fn sizes(
    connection: &mut PgConnection,
    ranges: &[DayRange],
) -> sqlx::Result<Vec<RangeSize>> {
    let (prompts, firsts, lasts) = columns(ranges);
    query_as!(
        RangeSize,
        r#"select entries as "entries!", days as "days!"
           from unnest($1::uuid[], $2::date[], $3::date[])
                with ordinality as r (prompt_id, first, last, place),
                lateral (select coalesce(sum(octet_length(entries) / $4), 0) as entries,
                                count(*) as days
                         from prompt_days d
                         where d.prompt_id = r.prompt_id and d.day between r.first and r.last) s
           order by place"#,
        &prompts as &[PromptId],
        &firsts,
        &lasts,
        ENTRY_LEN as i32,
    )
    .fetch_all(connection)
    .await
}

fn columns(ranges: &[DayRange]) -> (Vec<PromptId>, Vec<NaiveDate>, Vec<NaiveDate>) {
    let prompts = ranges.iter().map(|range| range.prompt_id).collect();
    let firsts = ranges.iter().map(|range| range.first).collect();
    (prompts, firsts, ranges.iter().map(|range| range.last).collect())
}

/// Writes days, whether they are there or not.
pub async fn upsert(connection: &mut PgConnection, rows: &[PromptDay]) -> sqlx::Result<()> {
    let prompts: Vec<PromptId> = rows.iter().map(|row| row.prompt_id).collect();
    let days: Vec<NaiveDate> = rows.iter().map(|row| row.day).collect();
    let views: Vec<i64> = rows.iter().map(|row| row.views.views()).collect();
    let viewers: Vec<i64> = rows.iter().map(|row| row.views.viewers()).collect();
    let samples: Vec<i16> = rows.iter().map(|row| row.views.sample().into()).collect();
    let quarters: Vec<Vec<u8>> = rows.iter().map(|row| row.views.encoded_quarters()).collect();
    let entries: Vec<Vec<u8>> = rows.iter().map(|row| row.views.encoded_entries()).collect();
    query!(
        "insert into prompt_days (prompt_id, day, views, viewers, sample, quarters, entries)
         select * from unnest($1::uuid[], $2::date[], $3::bigint[], $4::bigint[], $5::smallint[],
                              $6::bytea[], $7::bytea[])
         on conflict (prompt_id, day) do update set
             views = excluded.views, viewers = excluded.viewers, sample = excluded.sample,
             quarters = excluded.quarters, entries = excluded.entries",
        &prompts as &[PromptId],
        &days,
        &views,
        &viewers,
        &samples,
        &quarters,
        &entries,
    )
    .execute(connection)
    .await?;
    Ok(())
}
