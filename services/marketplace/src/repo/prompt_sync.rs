//! The queue of messages to the prompt service, in `prompt_steps`. A row says that a subject has
//! changed, never how: the subject is read, in one snapshot with the row's revision, when its message
//! is sent.

use std::time::Duration;

use ids::{LicenseId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_scalar};
use uuid::Uuid;

use crate::domain::{Currency, Money, SyncChange, SyncKind, SyncMessage, SyncSubject};

/// Enqueues a subject, in the transaction that changes it. The row is not due before `after`: until
/// then the request that made the change pushes it.
pub async fn enqueue(
    connection: &mut PgConnection,
    subject: SyncSubject,
    after: Duration,
) -> sqlx::Result<()> {
    query!(
        "insert into prompt_steps (subject, about, prompt_id, due_at)
         values ($1, $2, $3, now() + make_interval(secs => $4))
         on conflict (subject) do update
         set revision = prompt_steps.revision + 1, attempts = 0, due_at = excluded.due_at",
        subject.id(),
        subject.kind() as SyncKind,
        subject.prompt().0,
        after.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Claims up to `limit` subjects that are due, until their next attempt is due. Each attempt waits
/// twice as long as the one before, up to 16 times `retry`.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    retry: Duration,
    limit: i64,
) -> sqlx::Result<Vec<Uuid>> {
    query_scalar!(
        "update prompt_steps s
         set attempts = s.attempts + 1,
             due_at = now() + make_interval(
                 secs => $1 * power(2, least(s.attempts, 4)) * (1 + random() / 4))
         from (select subject from prompt_steps where delivered < revision and due_at <= now()
               order by due_at limit $2 for update skip locked) due
         where s.subject = due.subject
         returning s.subject",
        retry.as_secs_f64(),
        limit,
    )
    .fetch_all(executor)
    .await
}

/// Returns the message about a subject as it is now; `None` when the prompt service is up to date.
pub async fn load_message(
    executor: impl PgExecutor<'_>,
    subject: Uuid,
) -> sqlx::Result<Option<SyncMessage>> {
    let row = query!(
        r#"select s.about, s.prompt_id, s.revision, l.price as "price?: Money",
                  l.currency as "currency?: Currency", n.buyer_id as "user?: UserId",
                  n.prompt_version as "version?", n.expires_at, n.ended_at is null as "stands!"
           from prompt_steps s
           left join listings l
               on s.about = 'PREMIUM' and l.prompt_id = s.prompt_id and l.status = 'ACTIVE'
           left join licenses n on s.about = 'LICENSE' and n.id = s.subject
           where s.subject = $1 and s.delivered < s.revision"#,
        subject,
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| SyncMessage {
        prompt: row.prompt_id,
        revision: row.revision,
        change: match (row.about, row.user, row.version) {
            (SyncKind::Premium, ..) => SyncChange::Premium {
                price: row.price.zip(row.currency).map(|(price, currency)| price.amount(&currency)),
            },
            (SyncKind::License, Some(user), Some(version)) if row.stands => SyncChange::Granted {
                license: LicenseId(subject),
                user,
                version,
                expires_at: row.expires_at,
            },
            (SyncKind::License, ..) => SyncChange::Revoked { license: LicenseId(subject) },
        },
    }))
}

/// Marks a revision as known to the prompt service, or as of no use to it.
pub async fn mark_delivered(
    executor: impl PgExecutor<'_>,
    subject: Uuid,
    revision: i64,
) -> sqlx::Result<()> {
    query!(
        "update prompt_steps set delivered = greatest(delivered, $2) where subject = $1",
        subject,
        revision,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Counts the subjects that wait for delivery, up to `limit`.
pub async fn count_waiting(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!"
           from (select from prompt_steps where delivered < revision limit $1) s"#,
        limit,
    )
    .fetch_one(executor)
    .await
}
